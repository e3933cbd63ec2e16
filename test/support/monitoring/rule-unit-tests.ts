import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { metricsUsed } from '../grafana/promql-names.js';
import { MONITORING, readYaml, yamlFilesIn } from './shipped-rules.js';

/** Files that take promtool more than some seconds: `npm run test:long`. */
export const LONG_FILES = ['habits', 'predictive', 'slo', 'slo-days'].map((name) => `tests/${name}.yaml`);

interface ExpectedAlert {
  readonly exp_labels: Readonly<Record<string, string>>;
}

interface Look {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts?: readonly ExpectedAlert[];
}

interface UnitTest {
  readonly name: string;
  readonly input_series: readonly { readonly series: string }[];
  readonly alert_rule_test?: readonly Look[];
}

/** What the tests of monitoring/tests prove of an alert of one severity. */
export interface Proven {
  readonly fires: boolean;
  /** In a test that shows it all it looks at, from the first to the last look. */
  readonly isQuietBelow: boolean;
  /** It fires, and later in the same test it does not. */
  readonly resolves: boolean;
}

const readTests = (): UnitTest[] =>
  yamlFilesIn('tests').flatMap((file) => (readYaml(file) as { tests: UnitTest[] }).tests);
let all: UnitTest[] | undefined;

/** `labels`: of the rule, which an alert of it has. */
export function provenOf(alert: string, labels: Readonly<Record<string, string>>): Proven {
  all ??= readTests();
  const seen = all.flatMap((test) => {
    const looks = (test.alert_rule_test ?? [])
      .filter(({ alertname }) => alertname === alert)
      .map(({ eval_time, exp_alerts = [] }) => ({
        seconds: secondsOf(eval_time),
        fires: exp_alerts.some(isMeant),
      }))
      .sort((a, b) => a.seconds - b.seconds);
    return looks.length === 0 ? [] : [{ test, fires: looks.map(({ fires }) => fires) }];
  });
  function isMeant({ exp_labels }: ExpectedAlert): boolean {
    return Object.entries(labels).every(([label, value]) => exp_labels[label] === value);
  }
  const firing = seen.filter(({ fires }) => fires.includes(true));
  const quiet = seen.filter(({ fires }) => !fires.includes(true));
  return {
    fires: firing.length > 0,
    // Quiet with other metrics would be quiet for want of any.
    isQuietBelow: quiet.some(({ test }) => firing.some((other) => hasMetricsOf(test, other.test))),
    resolves: firing.some(({ fires }) => fires.lastIndexOf(false) > fires.indexOf(true)),
  };
}

const metricsOf = ({ input_series }: UnitTest): Set<string> =>
  new Set(input_series.flatMap(({ series }) => metricsUsed(series).map(({ metric }) => metric)));

function hasMetricsOf(test: UnitTest, other: UnitTest): boolean {
  const own = metricsOf(test);
  return [...metricsOf(other)].every((metric) => own.has(metric));
}

const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

const secondsOf = (duration: string): number =>
  [...duration.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit as string] ?? 0),
    0,
  );

/** What promtool says of a file of tests; it throws when one fails. */
export async function runUnitTests(promtool: string, file: string): Promise<string> {
  const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', join(MONITORING, file)], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
