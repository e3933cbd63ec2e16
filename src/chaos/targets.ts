import { NS } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import { formatDuration } from '../base/units.js';
import { waitFor } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { TargetPlan } from '../contracts/plan.js';

/** Who leads what, by server name; `undefined` while nobody does. */
export interface Roles {
  metaLeader(): Promise<string | undefined>;
  streamLeader(stream: string): Promise<string | undefined>;
}

/** An election takes 4 to 9 s; two in a row may be needed. */
const LEADER_WITHIN_MS = 20_000;

/**
 * The nodes that a fault hits, as they are now: a role belongs to whoever has it when the fault begins. Throws when
 * there is no leader within 20 s (or `withinMs`), when the leader is no node of this cluster, and when the signal aborts.
 */
export async function resolveTargets(
  target: TargetPlan,
  cluster: Cluster,
  roles: Roles,
  signal: AbortSignal,
  withinMs = LEADER_WITHIN_MS,
): Promise<readonly ClusterNode[]> {
  switch (target.role) {
    case 'node':
      return [cluster.node(target.node)];
    case 'leader':
      return [
        await leaderOf('the JetStream meta group', () => roles.metaLeader(), cluster, signal, withinMs),
      ];
    case 'stream-leader': {
      const { stream } = target;
      return [
        await leaderOf(`the stream ${stream}`, () => roles.streamLeader(stream), cluster, signal, withinMs),
      ];
    }
  }
}

async function leaderOf(
  what: string,
  ask: () => Promise<string | undefined>,
  cluster: Cluster,
  signal: AbortSignal,
  withinMs: number,
): Promise<ClusterNode> {
  let saw = 'nobody leads';
  const leader = await waitFor(
    async () => {
      try {
        const name = await ask();
        if (!name) {
          saw = 'nobody leads';
          return undefined;
        }
        const node = cluster.nodes.find((candidate) => candidate.name === name);
        // Whoever is down is still named until the others have elected a new one.
        if (node && cluster.capabilities.has('process-control') && node.process === undefined) {
          saw = `${name} is named, but is down`;
          return undefined;
        }
        return { name, node };
      } catch (error) {
        saw = messageOf(error);
        return undefined;
      }
    },
    { timeoutMs: withinMs, everyMs: 250, signal },
  );
  if (!leader) {
    const waited = formatDuration(withinMs * NS.ms);
    throw new StormglassError('expectation', `${what} has had no leader for ${waited}: ${saw}`);
  }
  if (!leader.node) {
    const ours = cluster.nodes.map(({ name }) => name).join(', ');
    throw new StormglassError('expectation', `${what} is led by ${leader.name}, which is none of ${ours}`, {
      hint: 'faults act on the servers of this cluster only',
    });
  }
  return leader.node;
}
