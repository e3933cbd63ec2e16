import { NS } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import { formatDuration } from '../base/units.js';
import { waitFor } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { TargetPlan } from '../contracts/plan/target.js';

/** Who leads what, by server name (`undefined` while nobody does), who is in which group, and how many clients each has. */
export type Roles = Pick<
  SystemControl,
  'metaLeader' | 'streamLeader' | 'consumerLeader' | 'raftGroups' | 'clientCounts'
>;

/** An election takes 4 to 9 s; two in a row may be needed. */
const LEADER_WITHIN_MS = 20_000;
/** A busy server may not answer the first question. */
const TELLS_WITHIN_MS = 10_000;

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
  const lead = (what: string, ask: () => Promise<string | undefined>) =>
    leaderOf(what, ask, cluster, signal, withinMs);
  switch (target.role) {
    case 'node':
      return [cluster.node(target.node)];
    case 'nodes':
      return target.nodes.map((name) => cluster.node(name));
    case 'leader':
      return [await lead(META, () => roles.metaLeader())];
    case 'stream-leader':
      return [await lead(`the stream ${target.stream}`, () => roles.streamLeader(target.stream))];
    case 'consumer-leader': {
      const { stream, consumer } = target;
      const what = `the consumer ${consumer} of the stream ${stream}`;
      return [await lead(what, () => roles.consumerLeader(stream, consumer))];
    }
    case 'follower': {
      const leader = await lead(META, () => roles.metaLeader());
      const names = cluster.nodes.map(({ name }) => name);
      return [cluster.node(drawFollower(META, names, leader.name, target.draw))];
    }
    case 'stream-follower': {
      const what = `the stream ${target.stream}`;
      const leader = await lead(what, () => roles.streamLeader(target.stream));
      const groups = await toldOf(
        () => roles.raftGroups(),
        (told) => told.length > 0,
        signal,
        withinMs,
      );
      const peers = groups?.find(({ name }) => name === `stream ${target.stream}`)?.peers ?? [];
      return [cluster.node(drawFollower(what, peers, leader.name, target.draw))];
    }
    case 'most-clients':
      return [cluster.node(await busiestOf(cluster, roles, signal, withinMs))];
    case 'no-node':
      return [];
  }
}

const META = 'the JetStream meta group';

/** What has no leader has nobody to answer for it: silence is told from it by nobody. */
const UNNAMED = 'nobody leads, or whoever was asked did not answer';

function drawFollower(what: string, peers: readonly string[], leader: string, draw: number): string {
  const followers = peers.filter((name) => name !== leader).sort();
  const drawn = followers[Math.floor(draw * followers.length)];
  if (drawn === undefined)
    throw new StormglassError('expectation', `${what} has no follower beside ${leader}`);
  return drawn;
}

/** What the servers say as soon as one of them says anything. */
async function toldOf<T>(
  ask: () => Promise<T>,
  saysAnything: (told: T) => boolean,
  signal: AbortSignal,
  withinMs: number,
): Promise<T | undefined> {
  const look = async () => {
    const told = await ask();
    return saysAnything(told) ? told : undefined;
  };
  return waitFor(look, { timeoutMs: Math.min(withinMs, TELLS_WITHIN_MS), everyMs: 250, signal });
}

async function busiestOf(
  cluster: Cluster,
  roles: Roles,
  signal: AbortSignal,
  withinMs: number,
): Promise<string> {
  const canTell = cluster.nodes.some(({ monitorUrl }) => monitorUrl !== undefined);
  const counts = await toldOf(
    () => roles.clientCounts(),
    (told) => told.size > 0,
    signal,
    canTell ? withinMs : 0,
  );
  const [most] = [...(counts ?? [])].sort(([aName, a], [bName, b]) => b - a || aName.localeCompare(bName));
  if (most === undefined) {
    throw new StormglassError('expectation', 'no node says how many clients it has', {
      hint: "the servers' monitoring endpoints are needed for that",
    });
  }
  return most[0];
}

async function leaderOf(
  what: string,
  ask: () => Promise<string | undefined>,
  cluster: Cluster,
  signal: AbortSignal,
  withinMs: number,
): Promise<ClusterNode> {
  let saw = UNNAMED;
  const leader = await waitFor(
    async () => {
      try {
        const name = await ask();
        if (!name) {
          saw = UNNAMED;
          return undefined;
        }
        const node = cluster.nodes.find((candidate) => candidate.name === name);
        // Whoever is down is still named until the others have elected a new one.
        if (node && cluster.capabilities.has('process-control')) {
          const { state } = await cluster.lookAtProcess(node.name);
          saw = `${name} is named, but is down`;
          if (state === 'down') return undefined;
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
