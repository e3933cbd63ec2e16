import { UsageError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { parseCount, parseDuration, parsePercentage, parseRate } from '../base/units.js';
import { LOAD_MEASURES } from '../contracts/load.js';
import type { Comparison, Statistic, ThresholdPlan } from '../contracts/plan/thresholds.js';

type StatisticKind = Statistic['kind'];

/** Measures of time of a load: a distribution of durations. */
const TIME_MEASURES: readonly string[] = LOAD_MEASURES;
/** Measures that count operations of a load; `errors` are those that failed or are unknown. */
export const COUNT_MEASURES = [
  'dropped',
  'unsent',
  'failed',
  'unknown',
  'errors',
  'blocked',
  'duplicates',
  'misses',
  'conflicts',
  'redelivered',
  'lost',
] as const;
export const THROUGHPUT = 'throughput';
/** The one measure of the whole run: the recovery times of its faults. */
export const RECOVERY_TIME = 'recovery_time';

const TIME_STATISTICS: readonly StatisticKind[] = ['percentile', 'min', 'max', 'mean'];
const SIMPLE_STATISTICS = ['min', 'max', 'mean', 'ratio', 'count', 'rate'] as const;
const STATISTICS: Readonly<Record<string, readonly StatisticKind[]>> = {
  ...Object.fromEntries(TIME_MEASURES.map((measure) => [measure, TIME_STATISTICS])),
  [THROUGHPUT]: ['rate'],
  ...Object.fromEntries(COUNT_MEASURES.map((measure) => [measure, ['ratio', 'count'] as const])),
  [RECOVERY_TIME]: TIME_STATISTICS,
};
const LOAD_SUBJECTS = Object.keys(STATISTICS).filter((measure) => measure !== RECOVERY_TIME);

/** What is asked of a statistic's value, and how it is read. */
const VALUES: Readonly<
  Record<'time' | 'ratio' | 'count' | 'rate', { expected: string; parse(text: string): number | undefined }>
> = {
  time: { expected: 'a duration with its unit, such as 250ms or 15s', parse: parseDuration },
  ratio: {
    expected: 'a percentage such as 0.1%, or a ratio such as 0 or 0.001',
    parse: (text) => parsePercentage(text) ?? (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
  },
  count: { expected: 'a count, such as 10 or 5k', parse: parseCount },
  rate: { expected: 'a rate with its unit, such as 4.9k/s', parse: parseRate },
};

const COMPARISONS: readonly Comparison[] = ['<', '<=', '>', '>=', '==', '!='];
const EXAMPLE = 'such as `p99 < 250ms`, `ratio < 0.1%` or `rate >= 4.9k/s`';

/**
 * Reads what a scenario expects of a measure: `orders.ack_latency` and `p99 < 250ms`, or `recovery_time` and
 * `max < 20s`. Bounds come out in nanoseconds, as a ratio, as a count or a second, by the statistic.
 * @throws UsageError that says what was expected, with what there is to choose from as its hint
 */
export function parseThreshold(
  subject: string,
  expect: string,
): Pick<ThresholdPlan, 'load' | 'measure' | 'statistic' | 'comparison' | 'bound'> {
  const { load, measure } = parseSubject(subject);
  const match = /^\s*([^\s<>=!]+)\s*([<>=!]+)\s*(.*?)\s*$/.exec(expect);
  if (!match) {
    throw new UsageError(`expected a statistic, a comparison and a value, ${EXAMPLE}, not \`${expect}\``);
  }
  const [, statisticText, comparisonText, valueText] = match as unknown as [string, string, string, string];
  const statistic = parseStatistic(statisticText, measure);
  const comparison = COMPARISONS.find((known) => known === comparisonText);
  if (!comparison) {
    throw new UsageError(`unknown comparison \`${comparisonText}\``, { hint: `Use ${listed(COMPARISONS)}.` });
  }
  const kind = statistic.kind;
  const value = VALUES[kind === 'ratio' || kind === 'count' || kind === 'rate' ? kind : 'time'];
  const bound = value.parse(valueText);
  if (bound === undefined) {
    throw new UsageError(`${statisticText} of ${measure}: expected ${value.expected}, not \`${valueText}\``);
  }
  return { ...(load !== undefined && { load }), measure, statistic, comparison, bound };
}

function parseSubject(subject: string): { load?: string; measure: string } {
  if (subject === RECOVERY_TIME) return { measure: RECOVERY_TIME };
  const dot = subject.lastIndexOf('.');
  const measure = subject.slice(dot + 1);
  const choice = `For a load: ${listed(LOAD_SUBJECTS)}; for the whole run: ${RECOVERY_TIME}.`;
  if (dot <= 0) {
    const near = nearest(subject, [RECOVERY_TIME, ...LOAD_SUBJECTS]);
    const isOfLoad = near !== undefined && near !== RECOVERY_TIME;
    const hint = isOfLoad
      ? `Say of which load: \`<load>.${near}\`.`
      : near
        ? `Did you mean \`${near}\`?`
        : choice;
    throw new UsageError(`expected \`<load>.<measure>\` or \`${RECOVERY_TIME}\`, not \`${subject}\``, {
      hint,
    });
  }
  if (measure === RECOVERY_TIME) {
    throw new UsageError(`${RECOVERY_TIME} belongs to the whole run, not to a load`, {
      hint: `Write \`${RECOVERY_TIME}\`.`,
    });
  }
  if (!LOAD_SUBJECTS.includes(measure)) {
    const near = nearest(measure, LOAD_SUBJECTS);
    const hint = near === undefined ? choice : `Did you mean \`${subject.slice(0, dot)}.${near}\`?`;
    throw new UsageError(`unknown measure \`${measure}\``, { hint });
  }
  return { load: subject.slice(0, dot), measure };
}

function parseStatistic(text: string, measure: string): Statistic {
  const allowed = STATISTICS[measure] as readonly StatisticKind[];
  const choice = allowed.map((kind) => (kind === 'percentile' ? 'p50 to p99.999' : kind));
  const hint = `Statistics of ${measure}: ${listed(choice)}.`;
  const digits = /^p(\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (digits === undefined) {
    const kind = SIMPLE_STATISTICS.find((known) => known === text);
    if (kind !== undefined && allowed.includes(kind)) return { kind };
    const near = nearest(text, choice);
    throw new UsageError(kind !== undefined ? `${measure} has no ${text}` : `unknown statistic \`${text}\``, {
      hint: near === undefined ? hint : `Did you mean \`${near}\`?`,
    });
  }
  if (!allowed.includes('percentile')) throw new UsageError(`${measure} has no percentiles`, { hint });
  const percentile = Number(digits);
  if (percentile > 0 && percentile < 100) return { kind: 'percentile', percentile };
  throw new UsageError(`a percentile lies between 0 and 100, and ${text} does not`, {
    hint: 'Use `min` and `max` for the extremes.',
  });
}

const listed = (names: readonly string[]): string =>
  names.length === 1 ? (names[0] as string) : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
