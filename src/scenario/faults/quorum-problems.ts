import { formatDuration } from '../../base/units.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import type { TargetPlan } from '../../contracts/plan/target.js';
import { formatPath } from '../problem.js';
import { LOAD_CLOCK, type PlannedFault } from './draft.js';
import { nodesOf } from './nemesis.js';
import { replicasOf } from './resolve-target.js';
import { overlaps, type Report } from './schedule-problems.js';

export interface QuorumScene {
  /** The nodes of the meta group; empty when they are not known. */
  readonly nodes: readonly string[];
  readonly streams: readonly StreamPlan[];
}

/**
 * Faults that certainly take away the quorum of the meta group, or of a stream, and are not allowed to. Whoever has a role
 * is only counted where it must be another node than those that are away already: the guard over the real groups sees the
 * rest when it comes to it.
 */
export function reportQuorumLoss(faults: readonly PlannedFault[], scene: QuorumScene, report: Report): void {
  const takers = faults.filter(({ takesDown }) => takesDown !== 'none');
  for (const { fault, holding } of overlaps(takers)) {
    if (fault.allowsQuorumLoss) continue;
    const all = [...holding, fault];
    const lost = lostGroup(all, scene);
    if (lost === undefined || (holding.length > 0 && lostGroup(holding, scene) === lost)) continue;
    const names = all.map(({ path }) => formatPath(path)).join(', ');
    const who = all.length === 1 ? 'it' : names;
    const from =
      fault.clock === LOAD_CLOCK ? `from ${formatDuration(fault.atNs).replace(/^0 ns$/, '0 s')} on ` : '';
    report({
      fault,
      message: `${from}${who} would take the quorum of ${lost} away`,
      hint: 'Hit fewer nodes at a time, or say that it is meant: `allow-quorum-loss: true`.',
    });
  }
}

/** Which group is without a quorum while these hold, for certain. */
function lostGroup(faults: readonly PlannedFault[], { nodes, streams }: QuorumScene): string | undefined {
  const away = leastAway(faults);
  if (nodes.length > 1 && away > spareOf(nodes.length)) return `the meta group of ${nodes.length} nodes`;
  for (const stream of streams) {
    const replicas = replicasOf(stream);
    if (replicas < 2) continue;
    // Of so many nodes away, only those without a replica may be none of the stream's.
    const atLeast = nodes.length === 0 ? 0 : away - (nodes.length - replicas);
    const certain = Math.max(atLeast, replicasAway(faults, stream.name));
    if (certain > spareOf(replicas)) return `the stream ${stream.name} of ${replicas} replicas`;
  }
  return undefined;
}

/** How many members a Raft group can do without. */
const spareOf = (members: number): number => Math.floor((members - 1) / 2);

const LEADERS: readonly TargetPlan['role'][] = ['leader', 'stream-leader', 'consumer-leader'];

/**
 * How many nodes are away, at the least. A leader that is looked for later lives, so it is none of those that are away
 * then; but a node that is named later may be the one that led.
 */
function leastAway(faults: readonly PlannedFault[]): number {
  const named = new Set<string>();
  let leaders = 0;
  let othersNs = Number.NEGATIVE_INFINITY;
  for (const { target, takesDown, atNs } of faults) {
    const nodes = takesDown === 'all' ? nodesOf(target) : undefined;
    if (nodes === undefined) {
      const isAnother = takesDown === 'all' && LEADERS.includes(target.role) && atNs > othersNs;
      if (isAnother || (named.size === 0 && leaders === 0)) leaders++;
    } else {
      const fresh = nodes.filter((node) => !named.has(node)).length;
      leaders = Math.max(0, leaders - fresh);
      for (const node of nodes) named.add(node);
    }
    othersNs = atNs;
  }
  return named.size + leaders;
}

/**
 * Replicas of a stream that are away, at the least, by the roles in it: a leader that is looked for later is another one,
 * a follower only beside a leader that is looked for at the same time.
 */
function replicasAway(faults: readonly PlannedFault[], name: string): number {
  const counted: PlannedFault[] = [];
  for (const fault of faults) {
    const { target, takesDown, atNs } = fault;
    if (takesDown !== 'all' || !('stream' in target) || target.stream !== name) continue;
    const isLeader = target.role === 'stream-leader';
    if (!isLeader && target.role !== 'stream-follower') continue;
    const together = counted.filter((other) => other.atNs === atNs);
    const isAnother = isLeader
      ? together.every((other) => other.target.role !== target.role)
      : together.length > 0 && together.every((other) => other.target.role !== target.role);
    if (counted.length === 0 || isAnother) counted.push(fault);
  }
  return counted.length;
}
