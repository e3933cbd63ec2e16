import { messageOf } from '../base/errors.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import { readJsz, readRoutez } from '../nats/endpoints.js';
import type { HeldLook } from './held-looks.js';

/** What one node says of the cluster. */
interface View {
  readonly of: ClusterNode;
  /** Server names of all members, itself too; `undefined` when it did not answer. */
  readonly members?: readonly string[];
  readonly size?: number;
  readonly leader?: string | undefined;
  readonly saw: string;
}

/**
 * Whether the other nodes count a node as one of theirs: the members of JetStream's meta group, and the routes where
 * there is none. More than half of those that are asked must say so, and that there are as many as there should be.
 */
export async function lookAtMembership(
  cluster: Cluster,
  node: ClusterNode,
  isMember: boolean,
): Promise<HeldLook[]> {
  const others = othersOf(cluster, node);
  const size = others.length + (isMember ? 1 : 0);
  const views = await Promise.all(others.map(viewOf));
  const agreeing = views.filter(
    (view) => view.size === size && view.members?.includes(serverNameOf(node)) === isMember,
  );
  const holds = 2 * agreeing.length > others.length;
  return views.map((view) => ({ at: `${view.of.name} members`, saw: view.saw, holds }));
}

/** More than half of the nodes say that they are as many as they should be: another fault may keep one from it. */
export async function lookAtSize({ nodes }: Cluster): Promise<HeldLook[]> {
  const views = await Promise.all(nodes.map(viewOf));
  const holds = 2 * views.filter(({ size }) => size === nodes.length).length > nodes.length;
  return views.map((view) => ({ at: `${view.of.name} members`, saw: view.saw, holds }));
}

/** More than half of the others name somebody else as the leader of the meta group; no look where there is none. */
export async function lookForOtherLeader(cluster: Cluster, node: ClusterNode): Promise<HeldLook[]> {
  const others = othersOf(cluster, node);
  const all = await Promise.all(others.map(viewOf));
  // That there is no group, somebody has to say.
  if (all.every(({ members }) => members === undefined)) {
    return all.map(({ of, saw }) => ({ at: `${of.name} meta leader`, saw, holds: false }));
  }
  const views = all.filter(({ leader }) => leader !== undefined);
  const elsewhere = views.filter(({ leader }) => leader !== '' && leader !== serverNameOf(node));
  return views.map(({ of, leader }) => ({
    at: `${of.name} meta leader`,
    saw: leader || 'none',
    holds: 2 * elsewhere.length > others.length,
  }));
}

const serverNameOf = ({ name, serverName }: ClusterNode): string => serverName ?? name;

const othersOf = (cluster: Cluster, { name }: ClusterNode): ClusterNode[] =>
  cluster.nodes.filter((other) => other.name !== name);

async function viewOf(of: ClusterNode): Promise<View> {
  if (of.monitorUrl === undefined) return { of, saw: 'its monitoring endpoint is not known' };
  const own = serverNameOf(of);
  try {
    const { meta_cluster: meta } = await readJsz(of.monitorUrl);
    if (meta !== undefined) {
      const members = [own, ...(meta.replicas ?? []).map(({ name }) => name)].sort();
      const leader = meta.leader ?? '';
      const saw = `a meta group of ${meta.cluster_size}: ${members.join(', ')}; led by ${leader || 'nobody'}`;
      return { of, members, size: meta.cluster_size, leader, saw };
    }
    const { routes = [] } = await readRoutez(of.monitorUrl);
    const members = [...new Set([own, ...routes.flatMap(({ remote_name: name }) => name ?? [])])].sort();
    return { of, members, size: members.length, saw: `routes among ${members.join(', ')}` };
  } catch (error) {
    return { of, saw: messageOf(error) };
  }
}
