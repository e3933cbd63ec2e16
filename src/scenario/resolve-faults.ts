import { nearest } from '../base/nearest.js';
import { type Random, seededRandom } from '../base/random.js';
import { formatDuration } from '../base/units.js';
import type { FaultPlan, TargetPlan } from '../contracts/plan.js';
import { type FaultInput, faultShape, TARGET_FORMS } from './fault-schema.js';
import { durationKey, isMap, type KindSchemas, ownParameters, parseKind } from './kinds.js';
import type { FaultPlugin, ScenarioPlugins } from './plugins.js';
import type { Findings, Path } from './problem.js';
import type { ResolvedCluster } from './resolve-cluster.js';

/** What a fault's checks look at; what is `undefined` could not be read, and is not checked against. */
export interface FaultSurroundings {
  readonly cluster: ResolvedCluster | undefined;
  readonly streamNames: readonly string[] | undefined;
  /** When the loads that show a recovery end. */
  readonly loadEndNs: number | undefined;
}

interface Draft extends Omit<FaultPlan, 'id' | 'target' | 'seed'> {
  readonly target: Target;
}

type Target =
  | Exclude<TargetPlan, { role: 'node' }>
  | { readonly role: 'node'; readonly node: string }
  | { readonly role: 'one' };

/** The faults as planned, in the order in which they are due; `one` is drawn from the seed. */
export function resolveFaults(
  values: readonly unknown[],
  schemas: KindSchemas,
  plugins: ScenarioPlugins,
  around: FaultSurroundings,
  seed: number,
  findings: Findings,
): readonly FaultPlan[] {
  const drafts: Draft[] = [];
  for (const [index, value] of values.entries()) {
    const path = ['faults', index];
    const able = hasNeeds(value, path, plugins, around.cluster, findings);
    const parsed = parseKind(value, path, 'kind', schemas.faults, findings);
    if (parsed === undefined || !able) continue;
    const { kind, at: atNs, target: targetText } = parsed as FaultInput;
    const key = durationKey(plugins.faults[kind] as FaultPlugin);
    const forNs = key === null ? 0 : (parsed[key] as number);
    reportLate(atNs, forNs, key ?? 'at', path, around.loadEndNs, findings);
    const target = readTarget(targetText, [...path, 'target'], around, findings);
    const params = ownParameters(parsed, [
      ...Object.keys(faultShape),
      ...(key === null ? [] : [key]),
      'kind',
    ]);
    if (target !== undefined) drafts.push({ kind, atNs, forNs, target, params });
  }
  const inOrder = drafts.toSorted((a, b) => a.atNs - b.atNs);
  return inOrder.map(({ target, ...draft }, i) => {
    const id = `fault-${i + 1}`;
    const random = seededRandom(seed).fork(id);
    const drawn = drawTarget(target, around.cluster?.plan.nodeNames ?? [], random);
    return { id, ...draft, target: drawn, seed: random.fork('fault').below(2 ** 32) };
  });
}

function drawTarget(target: Target, nodeNames: readonly string[], random: Random): TargetPlan {
  if (target.role !== 'one') return target;
  return { role: 'node', node: nodeNames.length > 0 ? random.pick(nodeNames) : '', drawn: true };
}

function hasNeeds(
  value: unknown,
  path: Path,
  plugins: ScenarioPlugins,
  cluster: ResolvedCluster | undefined,
  findings: Findings,
): boolean {
  const kind = isMap(value) && typeof value.kind === 'string' ? value.kind : '';
  const needs = Object.hasOwn(plugins.faults, kind) ? (plugins.faults[kind]?.needs ?? []) : [];
  const lacking = cluster && needs.filter((need) => !cluster.capabilities.includes(need));
  if (cluster === undefined || lacking === undefined || lacking.length === 0) return true;
  const able = Object.entries(plugins.drivers)
    .filter(([, { capabilities }]) => needs.every((need) => capabilities.includes(need)))
    .map(([name]) => `driver: ${name}`);
  findings.add(
    [...path, 'kind'],
    `${kind} needs ${lacking.join(', ')}, which the ${cluster.plan.driver} driver does not have: it injects nothing there`,
    able.length > 0 ? `Use ${able.join(' or ')}, or leave the fault out.` : 'Leave the fault out.',
  );
  return false;
}

function reportLate(
  atNs: number,
  forNs: number,
  key: string,
  path: Path,
  loadEndNs: number | undefined,
  findings: Findings,
): void {
  if (loadEndNs === undefined) return;
  const end = formatDuration(loadEndNs);
  const hint = 'Make the load longer or the fault earlier.';
  if (atNs >= loadEndNs) {
    findings.add(
      [...path, 'at'],
      `the fault begins at ${formatDuration(atNs)}, but the load ends at ${end}`,
      hint,
    );
  } else if (atNs + forNs >= loadEndNs) {
    const message = `the fault ends at ${formatDuration(atNs + forNs)}, but the load ends at ${end}: its recovery cannot be seen`;
    findings.add([...path, key], message, hint);
  }
}

function readTarget(
  text: string,
  path: Path,
  around: FaultSurroundings,
  findings: Findings,
): Target | undefined {
  const { cluster, streamNames } = around;
  const nodeNames = cluster?.plan.nodeNames ?? [];
  const stream = /^stream-leader\(\s*([^()\s]*)\s*\)$/.exec(text)?.[1];
  if ((text === 'leader' || stream !== undefined) && cluster?.jetstream?.on === false) {
    findings.add(path, `${text} needs JetStream, which this cluster has off`, 'Turn it on, or name a node.');
    return undefined;
  }
  if (text === 'one' && cluster !== undefined && nodeNames.length === 0) {
    findings.add(
      path,
      'the nodes of this cluster are not known before it runs, so none can be drawn',
      'Name a role or a node.',
    );
    return undefined;
  }
  if (text === 'one' || text === 'leader') return { role: text };
  if (stream !== undefined) {
    if (streamNames === undefined || streamNames.includes(stream)) return { role: 'stream-leader', stream };
    const near = nearest(stream, streamNames);
    const known =
      streamNames.length === 0 ? 'no stream is declared' : `The streams are ${streamNames.join(', ')}.`;
    const hint = near === undefined ? known : `Did you mean stream-leader(${near})?`;
    findings.add(path, `there is no stream \`${stream}\``, hint.charAt(0).toUpperCase() + hint.slice(1));
    return undefined;
  }
  if (nodeNames.includes(text)) return { role: 'node', node: text };
  if (cluster === undefined || nodeNames.length === 0) {
    return cluster === undefined ? undefined : { role: 'node', node: text };
  }
  const forms = ['one', 'leader', 'stream-leader(NAME)'];
  const near = nearest(text, [...nodeNames, ...forms]);
  const hint = near === undefined ? `A target is ${TARGET_FORMS}.` : `Did you mean \`${near}\`?`;
  findings.add(path, `there is no node \`${text}\`: the nodes are ${nodeNames.join(', ')}`, hint);
  return undefined;
}
