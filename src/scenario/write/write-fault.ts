import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { TargetPlan } from '../../contracts/plan/target.js';
import { durationKey } from '../kinds.js';
import type { FaultPlugin } from '../plugins.js';
import { formatTarget } from '../timeline.js';
import { writeDuration } from './exact-quantities.js';
import { unparse } from './unparse.js';

/** Where the scenario is to stand: its files are named from there. */
export interface WritePlace {
  /** A path that is good everywhere → as the scenario writes it. */
  relative(path: string): string;
  /** The way back. */
  locate(path: string): string;
}

/**
 * A fault at its time, as an entry of `faults`. Nodes that were drawn are named; what else it draws follows from the same
 * seed as before.
 * @throws RangeError when it has a parameter that cannot be written
 */
export function writeFault(
  fault: FaultPlan,
  plugin: FaultPlugin,
  place: WritePlace,
): Record<string, unknown> {
  const { id, kind, atNs, forNs, target, params, seed, allowsQuorumLoss } = fault;
  const key = durationKey(plugin);
  const { written, lost } = unparse(plugin.schema, withoutPaths(params, plugin, place));
  if (lost.length > 0)
    throw new RangeError(`${id} (${kind}) has ${lost.join(', ')}, which cannot be written`);
  const text = target.role === 'no-node' ? plugin.defaultTarget : targetText(target);
  const draws = plugin.drawsBySeed || 'draw' in target;
  return {
    at: writeDuration(atNs),
    ...(key !== null && { [key]: writeDuration(forNs) }),
    kind,
    ...(text !== plugin.defaultTarget && { target: text }),
    ...written,
    ...(allowsQuorumLoss && { 'allow-quorum-loss': true }),
    ...(draws && { seed }),
  };
}

/** The parameters with their paths as they are written; which of them are paths, only the kind knows. */
function withoutPaths(
  params: FaultPlan['params'],
  plugin: FaultPlugin,
  { relative, locate }: WritePlace,
): FaultPlan['params'] {
  if (plugin.locatePaths === undefined) return params;
  let now = params;
  for (const [key, value] of Object.entries(params)) {
    if (typeof value !== 'string') continue;
    const changed = { ...now, [key]: relative(value) };
    const isPath = changed[key] !== value && plugin.locatePaths(changed, locate)[key] === value;
    if (isPath) now = changed;
  }
  return now;
}

function targetText(target: TargetPlan): string {
  if (target.role === 'node') return target.node;
  if (target.role === 'nodes' && (target.drawn || target.text === '')) return target.nodes.join(', ');
  return target.role === 'nodes' ? target.text : formatTarget(target);
}
