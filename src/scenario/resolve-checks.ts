import { suggestion } from '../base/nearest.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { CheckPlan } from '../contracts/plan/checks.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { isMap } from './kinds.js';
import { parsePart } from './parse-part.js';
import type { CheckPlugin, LoadPlugin, ScenarioPlugins } from './plugins.js';
import type { Findings } from './problem.js';
import type { ResolvedLoads } from './resolve-loads.js';

/** What the checks of a scenario are held against. */
export interface ChecksScene {
  readonly loads: ResolvedLoads;
  /** Those that loads make among them; `undefined` when one, or the cluster, could not be used. */
  readonly streams: readonly StreamPlan[] | undefined;
  readonly isExternal: boolean;
}

/** A check is named, `acked-loss`, or named with its options, `{ stale-reads: { within: 1s } }`. */
export function resolveChecks(
  values: unknown,
  { loads, streams, isExternal }: ChecksScene,
  plugins: ScenarioPlugins,
  findings: Findings,
): readonly CheckPlan[] {
  if (!Array.isArray(values)) return [];
  const names = new Set<string>();
  const half = halfRecorded(loads, plugins);
  return values.flatMap((value, i) => {
    const named = readCheck(value);
    if (named === undefined) {
      findings.add(
        ['checks', i],
        'expected the name of a check, or its name with its options',
        'Write `acked-loss`, or `{ stale-reads: { within: 1s } }`.',
      );
      return [];
    }
    const { name, options } = named;
    const plugin = Object.hasOwn(plugins.checks, name) ? plugins.checks[name] : undefined;
    if (plugin === undefined) {
      const known = Object.keys(plugins.checks);
      findings.add(['checks', i], `there is no check \`${name}\``, suggestion(name, known, 'The checks are'));
      return [];
    }
    if (names.has(name)) findings.add(['checks', i], `\`${name}\` stands here twice`, 'Keep one of the two.');
    names.add(name);
    requireHistory(name, plugin, i, loads, plugins, findings);
    if (half !== undefined && (plugin.needs?.includes('consumers') ?? true)) {
      const message = `${name} would take what ${half.silent} is given of ${half.consumer} for lost: it keeps no history, and ${half.recorded} does`;
      findings.add(
        ['checks', i],
        message,
        'Leave `history: false` out, or write it into every load that reads from this consumer.',
      );
    }
    if (loads.complete && loads.loads.length > 0 && streams !== undefined) {
      const lack = plugin.findLack?.({ loads: loads.loads.map(({ facts }) => facts), streams, isExternal });
      if (lack !== undefined) findings.add(['checks', i], lack.message, lack.hint);
    }
    const params = readOptions(name, plugin, options, i, findings);
    return params === undefined ? [] : [{ name, params }];
  });
}

function readCheck(value: unknown): { readonly name: string; readonly options?: unknown } | undefined {
  if (typeof value === 'string') return { name: value };
  if (!isMap(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  return entry === undefined || others.length > 0 ? undefined : { name: entry[0], options: entry[1] };
}

function readOptions(
  name: string,
  { schema }: CheckPlugin,
  options: unknown,
  i: number,
  findings: Findings,
): CheckPlan['params'] | undefined {
  if (schema !== undefined) return parsePart(schema, options ?? {}, ['checks', i, name], findings);
  if (options !== undefined && options !== null)
    findings.add(['checks', i, name], `\`${name}\` has no options`, `Write \`- ${name}\`.`);
  return {};
}

/** A consumer whose deliveries and acknowledgements are in histories in part only: what is not there would seem never to have been. */
function halfRecorded(
  { loads }: ResolvedLoads,
  plugins: ScenarioPlugins,
): { readonly consumer: string; readonly silent: string; readonly recorded: string } | undefined {
  const readers = loads.flatMap(({ plan }) =>
    (plugins.loads[plan.kind]?.consumers?.(plan) ?? []).map((consumer) => ({ consumer, plan })),
  );
  const keepsNone = ({ plan }: (typeof readers)[number]): boolean => plan.history === false;
  for (const silent of readers.filter(keepsNone)) {
    const recorded = readers.find((other) => other.consumer === silent.consumer && !keepsNone(other));
    if (recorded === undefined) continue;
    return { consumer: silent.consumer, silent: silent.plan.name, recorded: recorded.plan.name };
  }
  return undefined;
}

function requireHistory(
  name: string,
  { judges }: CheckPlugin,
  i: number,
  loads: ResolvedLoads,
  plugins: ScenarioPlugins,
  findings: Findings,
): void {
  if (judges.length === 0 || !loads.complete || loads.loads.length === 0) return;
  const isJudgedIn = ({ history }: LoadKindFacts): boolean =>
    history.some((operation) => judges.includes(operation));
  const kinds = Object.keys(plugins.loads).filter((kind) =>
    isJudgedIn((plugins.loads[kind] as LoadPlugin).facts),
  );
  const judged = loads.loads.filter(({ facts }) => isJudgedIn(facts));
  if (judged.some(({ plan }) => plan.history !== false)) return;
  if (judged.length > 0) {
    const names = judged.map(({ plan }) => plan.name).join(', ');
    findings.add(
      ['checks', i],
      `${name} judges ${judges.join(', ')}, and no history is kept of ${names}`,
      'Leave `history: false` out there, or leave the check out.',
    );
    return;
  }
  findings.add(
    ['checks', i],
    `${name} judges ${judges.join(', ')}, and no load keeps a history of that`,
    `Add a load of a kind that does: ${kinds.join(', ')}.`,
  );
}
