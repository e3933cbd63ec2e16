import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { messageOf } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import { withDeadline } from '../base/wait.js';
import type { SteadyLook } from '../contracts/control.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { type JszPage, type PeerState, readHealthz, readJsz, readRoutez, readVarz } from './endpoints.js';
import { electMetaLeader, type MonitoredNode } from './leaders.js';
import { streamInfo } from './streams.js';

type Probe = SteadyLook['probes'][number];

const CANARY_MS = 2000;

/**
 * One look at everything that makes a system steady; each probe says what it saw. It does not wait for anything to
 * become true, and every question has a deadline, so a look takes a few seconds at most; what does not hold is told at once.
 */
export async function lookForSteadyState(
  nc: NatsConnection,
  jsm: JetStreamManager,
  nodes: readonly MonitoredNode[],
  streams: readonly StreamPlan[],
  onMissing: (probe: Probe) => void = () => {},
): Promise<SteadyLook> {
  const known = nodes.flatMap(({ name, monitorUrl }) =>
    monitorUrl === undefined ? [] : [{ name, monitorUrl }],
  );
  const looks: Promise<Probe[]>[] = [
    ...known.map(probeHealth),
    ...(known.length > 1 ? [probeRoutes(known)] : []),
    probeMetaGroup(known),
    probeCanary(nc),
    ...(streams.length > 0 ? [probeJetStream(jsm)] : []),
    ...streams.map((stream) => probeStream(jsm, stream)),
  ];
  const told = looks.map(async (look) => {
    const seen = await look;
    for (const probe of seen) if (!probe.holds) onMissing(probe);
    return seen;
  });
  const probes = (await Promise.all(told)).flat();
  return { steady: probes.every(({ holds }) => holds), probes };
}

interface KnownNode {
  readonly name: string;
  readonly monitorUrl: string;
}

async function probeHealth({ name, monitorUrl }: KnownNode): Promise<Probe[]> {
  const probe = `healthz of ${name}`;
  try {
    const { status, error } = await readHealthz(monitorUrl);
    return [{ probe, holds: status === 'ok', saw: error ? `${status}: ${error}` : status }];
  } catch (thrown) {
    return [{ probe, holds: false, saw: messageOf(thrown) }];
  }
}

/** Every node must see a route to each other node of its own cluster. */
async function probeRoutes(nodes: readonly KnownNode[]): Promise<Probe[]> {
  const seen = await Promise.all(
    nodes.map(async ({ monitorUrl }) => {
      const [varz, routez] = await Promise.all([readVarz(monitorUrl), readRoutez(monitorUrl)]).catch(
        () => [],
      );
      if (!varz?.cluster?.name || !routez) return undefined;
      const peers = new Set((routez.routes ?? []).map((route) => route.remote_name));
      return { server: varz.server_name, cluster: varz.cluster.name, peers };
    }),
  );
  const clustered = seen.filter((node) => node !== undefined);
  if (clustered.length < 2) return [];
  const missing = clustered.flatMap((node) =>
    clustered
      .filter(
        (other) =>
          other.cluster === node.cluster && other.server !== node.server && !node.peers.has(other.server),
      )
      .map((other) => `${node.server} has no route to ${other.server}`),
  );
  const saw =
    missing.length > 0 ? missing.join('; ') : `${clustered.length} nodes, each routed to every other`;
  return [{ probe: 'routes', holds: missing.length === 0, saw }];
}

/** All nodes name the same leader, and the leader finds every follower current. Silent where nothing is clustered. */
async function probeMetaGroup(nodes: readonly KnownNode[]): Promise<Probe[]> {
  const pages = await Promise.all(nodes.map(({ monitorUrl }) => readJsz(monitorUrl).catch(() => undefined)));
  const clustered = pages.filter((page): page is JszPage => page?.meta_cluster !== undefined);
  if (clustered.length === 0) return [];
  const probe = 'meta leader';
  const leader = electMetaLeader(clustered);
  if (leader === undefined) return [{ probe, holds: false, saw: 'no leader that most nodes agree on' }];
  const dissenters = clustered.filter((page) => page.meta_cluster?.leader !== leader);
  if (dissenters.length > 0) {
    const others = dissenters.map((page) => page.meta_cluster?.leader || 'none').join(', ');
    return [{ probe, holds: false, saw: `${leader}, but some nodes say: ${others}` }];
  }
  // Only the leader knows how its followers stand; it is the one that does not list the leader among its peers.
  const own = clustered.find(
    ({ meta_cluster }) => !meta_cluster?.replicas?.some(({ name }) => name === leader),
  );
  const followers = own?.meta_cluster?.replicas ?? [];
  const behind = followers.filter(isBehind);
  const saw =
    behind.length > 0 ? behind.map(describeBehind).join('; ') : `${followers.length} followers current`;
  return [{ probe, holds: behind.length === 0, saw: own ? `${leader}; ${saw}` : leader }];
}

async function probeJetStream(jsm: JetStreamManager): Promise<Probe[]> {
  const probe = 'JetStream API';
  try {
    const { streams } = await jsm.getAccountInfo();
    return [{ probe, holds: true, saw: `answers; ${streams} streams` }];
  } catch (thrown) {
    return [{ probe, holds: false, saw: explain(thrown) }];
  }
}

async function probeStream(jsm: JetStreamManager, { name }: StreamPlan): Promise<Probe[]> {
  const probe = `stream ${name}`;
  try {
    const info = await streamInfo(jsm, name);
    if (info === undefined) return [{ probe, holds: false, saw: 'does not exist' }];
    return [{ probe, ...judgeReplicas(info) }];
  } catch (thrown) {
    return [{ probe, holds: false, saw: explain(thrown) }];
  }
}

/** Steady: a leader, as many followers as configured, and all of them current. */
export function judgeReplicas({ config, cluster }: Pick<StreamInfo, 'config' | 'cluster'>): {
  holds: boolean;
  saw: string;
} {
  if (cluster === undefined) return { holds: true, saw: 'one copy on a server that is not clustered' };
  const replicas: readonly PeerState[] = cluster.replicas ?? [];
  const wanted = config.num_replicas - 1;
  if (!cluster.leader) return { holds: false, saw: 'no leader' };
  const behind = replicas.filter(isBehind);
  const saw = [
    `leader ${cluster.leader}`,
    ...(replicas.length === wanted ? [] : [`${replicas.length} of ${wanted} followers`]),
    behind.length > 0 ? behind.map(describeBehind).join('; ') : `${replicas.length} followers current`,
  ];
  return { holds: behind.length === 0 && replicas.length === wanted, saw: saw.join('; ') };
}

const isBehind = (peer: PeerState): boolean => !peer.current || peer.offline === true;

function describeBehind({ name, offline, lag }: PeerState): string {
  return `${name} ${offline ? 'offline' : 'not current'}${lag ? `, ${lag} operations behind` : ''}`;
}

/** A message of our own goes to the server and comes back. */
async function probeCanary(nc: NatsConnection): Promise<Probe[]> {
  const probe = 'canary';
  const subject = `_STORMGLASS.canary.${freshId()}`;
  let arrived: () => void = () => {};
  let refused: (reason: Error) => void = () => {};
  const roundTrip = new Promise<void>((resolve, reject) => {
    arrived = resolve;
    refused = reject;
  });
  const subscription = nc.subscribe(subject, {
    max: 1,
    callback: (error) => (error ? refused(error) : arrived()),
  });
  try {
    nc.publish(subject);
    await withDeadline(roundTrip, CANARY_MS, 'the round trip');
    return [{ probe, holds: true, saw: `came back through ${nc.info?.server_name ?? nc.getServer()}` }];
  } catch (thrown) {
    return [{ probe, holds: false, saw: messageOf(thrown) }];
  } finally {
    if (!subscription.isClosed()) subscription.unsubscribe();
  }
}

const explain = (thrown: unknown): string =>
  thrown instanceof errors.TimeoutError ? 'no answer in time' : messageOf(thrown);
