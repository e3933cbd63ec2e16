import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import { type JszPage, readHealthz, readJsz, readRoutez } from '../nats/endpoints.js';

export interface AskedNode {
  readonly name: string;
  readonly monitorUrl: string;
}

export interface ReadinessOptions {
  readonly nodes: readonly AskedNode[];
  readonly jetstream: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** True when it makes no sense to wait on. */
  readonly hopeless: () => boolean;
}

export interface Readiness {
  readonly ready: boolean;
  /** What each node said last: `n1: ready`, `n2: JetStream has not established contact with a meta leader`. */
  readonly said: readonly string[];
}

/**
 * Waits until every node is healthy and sees every other, and (with JetStream) all know one meta leader of a group of
 * the expected size, to whom nobody is offline. Rejects only with the signal's reason.
 */
export async function waitUntilReady(options: ReadinessOptions): Promise<Readiness> {
  const { nodes, jetstream, timeoutMs, signal, hopeless } = options;
  let said: readonly string[] = nodes.map(({ name }) => `${name}: not asked yet`);
  const outcome = await waitFor(
    async () => {
      const looks = await Promise.all(nodes.map((node) => lookAt(node, nodes.length, jetstream)));
      said = nodes.map(({ name }, i) => `${name}: ${looks[i]?.missing ?? 'ready'}`);
      if (hopeless()) return 'hopeless';
      const leaders = new Set(looks.map(({ leader }) => leader));
      if (looks.some(({ missing }) => missing !== undefined)) return undefined;
      return leaders.size === 1 ? 'ready' : undefined;
    },
    { timeoutMs, everyMs: 50, signal },
  );
  signal.throwIfAborted();
  return { ready: outcome === 'ready', said };
}

interface Look {
  /** What this node still lacks. */
  readonly missing?: string;
  readonly leader?: string | undefined;
}

async function lookAt({ name, monitorUrl }: AskedNode, expected: number, jetstream: boolean): Promise<Look> {
  try {
    const health = await readHealthz(monitorUrl);
    if (health.status !== 'ok') return { missing: health.error ?? health.status };
    if (expected === 1) return {};
    const { routes = [] } = await readRoutez(monitorUrl);
    const others = new Set(routes.map(({ remote_name }) => remote_name)).size;
    if (others < expected - 1) return { missing: `routes to ${others} of ${expected - 1} other servers` };
    return jetstream ? metaLook(name, await readJsz(monitorUrl), expected) : {};
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

function metaLook(name: string, { meta_cluster: meta }: JszPage, expected: number): Look {
  if (meta === undefined) return { missing: 'no meta group' };
  if (!meta.leader) return { missing: 'no meta leader' };
  if (meta.cluster_size !== expected)
    return { missing: `a meta group of ${meta.cluster_size}, not ${expected}` };
  // Only the leader hears from everybody; what a follower says of another means nothing.
  const peers = meta.leader === name ? (meta.replicas ?? []) : [];
  const absent = peers.filter((peer) => peer.offline || !peer.current).map((peer) => peer.name);
  if (absent.length > 0) return { missing: `leads without ${absent.join(' and ')}` };
  return { leader: meta.leader };
}
