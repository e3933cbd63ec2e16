import type { z } from 'zod';
import { suggestion } from '../../base/nearest.js';
import type { Capability } from '../../contracts/cluster.js';
import type { TakenDown } from '../../contracts/fault.js';
import type { DataFiles } from '../data-files.js';
import { durationKey, isMap, ownParameters, parseKind } from '../kinds.js';
import type { FaultPlugin, ParameterSchema, ScenarioPlugins } from '../plugins.js';
import type { Findings, Path } from '../problem.js';
import type { FaultSpec } from './draft.js';
import { type DurationRange, entryShape, type faultShape, mixShape, stepShape } from './fault-schema.js';
import { resolveTarget, type Target, type TargetScene } from './resolve-target.js';

const COMMON_KEYS = [
  ...Object.keys(entryShape),
  ...Object.keys(stepShape),
  ...Object.keys(mixShape),
  'kind',
  'target',
  'allow-quorum-loss',
  'seed',
];

type FaultInput = z.output<z.ZodObject<typeof faultShape>> & { readonly kind: string };

/** What a fault by itself is checked against. */
export interface FaultPlace extends TargetScene {
  readonly plugins: ScenarioPlugins;
  /** Where the files are that it names. */
  readonly files: Pick<DataFiles, 'locate'>;
  /** How many the run has; not checked against where that is not known. */
  readonly monitors?: number | undefined;
}

/** Stands in for a target that there is not, so that the rest of the fault is still checked. */
const NOBODY: Target = () => ({ role: 'nodes', nodes: [], text: '' });

/** One fault through the schema of its kind; `undefined` when nothing can be made of it. */
export function readFault(
  value: unknown,
  path: Path,
  schemas: Readonly<Record<string, ParameterSchema>>,
  scene: FaultPlace,
  findings: Findings,
): { readonly spec: FaultSpec; readonly input: Readonly<Record<string, unknown>> } | undefined {
  const { plugins, files } = scene;
  const told = findings.all.length;
  const named = isMap(value) && typeof value.kind === 'string' ? value.kind : '';
  const reportNeeds = (kind: string, needs: readonly Capability[] = []): void => {
    const problem = needsProblem(kind, needs, plugins, scene);
    if (problem !== undefined) findings.add([...path, 'kind'], problem.message, problem.hint);
  };
  // Before its parameters: they may be right only for a driver that can make it.
  if (Object.hasOwn(plugins.faults, named)) reportNeeds(named, plugins.faults[named]?.needs);
  const isAble = findings.all.length === told;
  const parsed = parseKind(value, path, 'kind', schemas, findings);
  if (parsed === undefined) return undefined;
  const { kind, target: targetInput, 'allow-quorum-loss': allowsQuorumLoss, seed } = parsed as FaultInput;
  const plugin = plugins.faults[kind] as FaultPlugin;
  const key = durationKey(plugin);
  const own = ownParameters(parsed, [...COMMON_KEYS, ...(key === null ? [] : [key])]);
  const params = plugin.locatePaths?.(own, files.locate) ?? own;
  if (isAble) reportNeeds(kind, plugin.needsWith?.(params));
  const { stream } = params;
  if (typeof stream === 'string' && scene.streamNames && !scene.streamNames.includes(stream)) {
    const hint = suggestion(stream, scene.streamNames, 'The streams are');
    findings.add([...path, 'stream'], `there is no stream \`${stream}\``, hint);
  }
  reportStrangePages(params.pages, path, scene.monitors, findings);
  const touched = plugin.touches?.(params);
  const isUnasked = touched !== undefined && targetInput === plugin.defaultTarget;
  // Whom it would hit where it cannot be made is no second mistake.
  const target = isAble && !isUnasked && resolveTarget(targetInput, [...path, 'target'], scene, findings);
  const spec: FaultSpec = {
    path,
    kind,
    params,
    target: touched === undefined ? target || NOBODY : () => ({ role: 'no-node', touched }),
    lasts: key === null ? undefined : (parsed[key] as DurationRange),
    lastsPath: key === null ? path : [...path, key],
    allowsQuorumLoss,
    ...(seed !== undefined && { seed }),
    claims: plugin.claims,
    takesDown: takenDownBy(plugin, params),
  };
  return { spec, input: parsed };
}

/** @param pages numbers of monitors, from 1 on, where the fault names some */
function reportStrangePages(
  pages: unknown,
  path: Path,
  monitors: number | undefined,
  findings: Findings,
): void {
  if (!Array.isArray(pages) || monitors === undefined) return;
  const strange = pages.find((page) => page > monitors);
  if (strange === undefined) return;
  const count = monitors === 1 ? 'is one monitor' : `are ${monitors} monitors`;
  findings.add(
    [...path, 'pages'],
    `there is no page ${strange}: there ${count}`,
    '`monitor.partitions` says how many there are.',
  );
}

/** Which of its targets a fault takes away from their Raft groups. */
export const takenDownBy = (plugin: FaultPlugin, params: FaultSpec['params']): TakenDown =>
  plugin.takesDown?.(params) ?? (plugin.claims.includes('process') ? 'all' : 'none');

/** Why the driver of a cluster cannot make a fault that needs this, and what to do; `undefined` when it can. */
export function needsProblem(
  kind: string,
  needs: readonly Capability[],
  plugins: ScenarioPlugins,
  { cluster }: Pick<TargetScene, 'cluster'>,
): { readonly message: string; readonly hint: string } | undefined {
  const lacking = needs.filter((need) => cluster !== undefined && !cluster.capabilities.includes(need));
  if (cluster === undefined) return undefined;
  if (lacking.length === 0) return loneNodeProblem(kind, needs, cluster.plan.nodeNames);
  const able = Object.entries(plugins.drivers)
    .filter(([, { capabilities }]) => needs.every((need) => capabilities.includes(need)))
    .map(([name]) => `driver: ${name}`);
  const { handOver } = plugins.drivers[cluster.plan.driver] ?? {};
  const handing = [...new Set(lacking.flatMap((need) => handOver?.[need] ?? []))].join('; ');
  const ways = able.length > 0 ? `use ${able.join(' or ')}, or leave the fault out.` : 'leave the fault out.';
  return {
    message: `${kind} needs ${lacking.join(', ')}, which the ${cluster.plan.driver} driver does not have: it injects nothing there`,
    hint: upperFirst(handing === '' ? ways : `${handing}; or ${ways}`),
  };
}

const BETWEEN_NODES: readonly Capability[] = ['node-isolation', 'route-links', 'route-shaping'];

/** A single server has links to its clients, and to nobody else. */
function loneNodeProblem(
  kind: string,
  needs: readonly Capability[],
  { length }: readonly string[],
): { readonly message: string; readonly hint: string } | undefined {
  if (length !== 1 || !needs.some((need) => BETWEEN_NODES.includes(need))) return undefined;
  return {
    message: `${kind} acts on what goes between nodes, and the cluster has one node`,
    hint: 'Ask for more nodes, or let it act on what clients send.',
  };
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
