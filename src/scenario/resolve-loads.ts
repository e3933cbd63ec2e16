import { suggestion } from '../base/nearest.js';
import { formatDuration } from '../base/units.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { DataFiles } from './data-files.js';
import { isMap, type KindSchemas, ownParameters, parseKind } from './kinds.js';
import { type LoadInput, loadShape } from './load-schema.js';
import type { LoadPlugin, ScenarioPlugins } from './plugins.js';
import type { Findings, Path } from './problem.js';
import type { ResolvedEvents } from './resolve-events.js';
import { fitToRecords, resolveReplay } from './resolve-records.js';
import { endNsOf, resolveSchedule } from './resolve-schedule.js';
import { captures, type ResolvedStream } from './resolve-streams.js';

/** A load as planned, with its place in the scenario's list and what its kind is like. */
export interface ResolvedLoad {
  readonly index: number;
  readonly plan: LoadPlan;
  readonly facts: LoadKindFacts;
}

export interface ResolvedLoads {
  readonly loads: readonly ResolvedLoad[];
  /** False when one of them could not be used. */
  readonly complete: boolean;
}

const COMMON_KEYS = [...Object.keys(loadShape), 'kind'];

export function resolveLoads(
  values: unknown,
  schemas: KindSchemas,
  plugins: ScenarioPlugins,
  events: ResolvedEvents | undefined,
  files: DataFiles,
  findings: Findings,
): ResolvedLoads {
  const loads: ResolvedLoad[] = [];
  const names = new Set<unknown>();
  if (!Array.isArray(values)) return { loads, complete: false };
  for (const [index, value] of values.entries()) {
    const path = ['load', index];
    const name = isMap(value) ? value.name : undefined;
    if (name !== undefined && names.has(name)) {
      findings.add(
        [...path, 'name'],
        `there are two loads named \`${name}\``,
        'Give one of them another name.',
      );
    }
    names.add(name);
    const parsed = parseKind(value, path, 'kind', schemas.loads, findings);
    if (parsed === undefined) continue;
    const plugin = plugins.loads[(parsed as LoadInput).kind] as LoadPlugin;
    const load = resolveLoad(parsed, value, path, plugin.facts, events, findings);
    if (load === undefined) continue;
    const params = plugin.locatePaths?.(load.params, (file) => files.locate(file)) ?? load.params;
    loads.push({ index, facts: plugin.facts, plan: { ...load, params } });
  }
  refuseOnlyFollowers(loads, values.length, findings);
  refuseLateFollowers(loads, values.length, findings);
  return { loads, complete: loads.length === values.length };
}

function resolveLoad(
  parsed: Record<string, unknown>,
  written: unknown,
  path: Path,
  facts: LoadKindFacts,
  events: ResolvedEvents | undefined,
  findings: Findings,
): LoadPlan | undefined {
  const input = parsed as LoadInput;
  const { name, kind, workers, at: atNs, 'warm-up': warmUpNs = 0 } = input;
  const domains = domainsOf(input, facts, events, path, findings);
  const sent = events?.events.filter(({ domain }) => domains?.includes(domain)) ?? [];
  const schedule =
    input.replay === undefined
      ? resolveSchedule(input, facts, path, findings)
      : resolveReplay(input, facts, sent, path, findings);
  if (schedule?.mode === 'closed' && isMap(written) && written.window !== undefined) {
    const message = 'with `concurrency` it is said already how many operations are in flight';
    findings.addAtKey([...path, 'window'], message, 'Leave it out.');
  }
  if (facts.history.length === 0 && isMap(written) && written.history !== undefined) {
    findings.addAtKey([...path, 'history'], `a load of kind ${kind} keeps no history`, 'Leave it out.');
  }
  if (domains === undefined || schedule === undefined) return undefined;
  const params = ownParameters(parsed, COMMON_KEYS);
  const fitted = fitToRecords(schedule, sent, path, findings);
  const recording = input.history ? {} : { history: false as const };
  return { name, kind, domains, schedule: fitted, atNs, warmUpNs, workers, ...recording, params };
}

/** Somebody must say how long the run lasts. */
function refuseOnlyFollowers(loads: readonly ResolvedLoad[], count: number, findings: Findings): void {
  const follows = ({ plan: { schedule } }: ResolvedLoad) =>
    schedule.mode === 'follow' && schedule.durationNs === undefined;
  if (loads.length === 0 || loads.length < count || !loads.every(follows)) return;
  const message = 'every load here lasts as long as the others, so nothing says how long the run lasts';
  findings.add(['load'], message, 'Give one of them `for: 60s`, or add a load that has a rate.');
}

/** Who lasts as long as the others must begin before they end. */
function refuseLateFollowers(loads: readonly ResolvedLoad[], count: number, findings: Findings): void {
  const endNs = Math.max(0, ...loads.map(({ plan }) => endNsOf(plan)));
  if (loads.length < count || endNs === 0) return;
  for (const { index, plan } of loads) {
    if (endNsOf(plan) > 0 || plan.atNs < endNs) continue;
    const message = `the other loads have ended by then, after ${formatDuration(endNs)}, and this one lasts as long as they do`;
    findings.add(['load', index, 'at'], message, 'Begin it sooner, or say how long it lasts: `for: 60s`.');
  }
}

/** The domains that a load sends; none for a kind that sends no events of the mix. */
function domainsOf(
  { kind, domains: wanted }: LoadInput,
  facts: LoadKindFacts,
  events: ResolvedEvents | undefined,
  path: Path,
  findings: Findings,
): readonly string[] | undefined {
  if (facts.events) return events && selectDomains(wanted, events.domains, path, findings);
  if (wanted !== undefined) {
    const message = `\`${kind}\` sends no events of the mix, so it has no domains`;
    findings.addAtKey([...path, 'domains'], message, 'Leave it out.');
  }
  return [];
}

function selectDomains(
  wanted: readonly string[] | undefined,
  known: readonly string[],
  path: Path,
  findings: Findings,
): readonly string[] {
  for (const [i, domain] of (wanted ?? []).entries()) {
    if (wanted?.indexOf(domain) !== i) {
      findings.add([...path, 'domains', i], `\`${domain}\` stands here twice`, 'Keep one of the two.');
    } else if (!known.includes(domain)) {
      const message = `events.mix has no domain \`${domain}\``;
      findings.add([...path, 'domains', i], message, suggestion(domain, known, 'Its domains are'));
    }
  }
  return wanted ?? known;
}

/** Loads whose operations streams acknowledge: every event of theirs must go to one that does. */
export function checkCaptured(
  loads: readonly ResolvedLoad[],
  events: ResolvedEvents,
  streams: readonly ResolvedStream[],
  findings: Findings,
): void {
  for (const { index, plan, facts } of loads) {
    if (!facts.needsStream || !facts.events) continue;
    const subjects = events.events
      .filter(({ domain }) => plan.domains.includes(domain))
      .map(({ subject }) => subject);
    const stray = subjects.filter((subject) => !streams.some((stream) => captures(stream.plan, subject)));
    if (stray.length > 0) {
      const more = stray.length > 1 ? ` and ${stray.length - 1} more` : '';
      const message = `no stream captures \`${stray[0]}\`${more}, so nothing would acknowledge it`;
      findings.add(['load', index], message, 'Add it to the subjects of a stream, or select other domains.');
    }
    const silent = streams.find(
      (stream) =>
        stream.plan.config.no_ack === true && subjects.some((subject) => captures(stream.plan, subject)),
    );
    if (silent !== undefined) {
      const message = `the stream ${silent.plan.name} acknowledges nothing, as its no_ack says`;
      findings.add(['load', index], message, 'Leave no_ack out, or use a load of another kind.');
    }
  }
}
