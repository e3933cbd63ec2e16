import type { Cluster, ClusterNode, ProcessLook } from '../contracts/cluster.js';
import type { Evidence } from '../contracts/fault.js';
import { lookAtClientPort, lookAtHealth } from './node-looks.js';

/** One look, and whether it showed what the stage asks for. */
export type HeldLook = Evidence['looks'][number] & { readonly holds: boolean };

/** Evidence holds when all of its looks do; without a look there is none. */
export function evidenceOf(looks: readonly HeldLook[]): Evidence {
  return {
    holds: looks.length > 0 && looks.every(({ holds }) => holds),
    looks: looks.map(({ at, saw }) => ({ at, saw })),
  };
}

/** The node's process, by what the system says of it. */
export async function lookAtProcess(
  cluster: Cluster,
  name: string,
  judge: (look: ProcessLook) => boolean,
): Promise<HeldLook> {
  const look = await cluster.lookAtProcess(name);
  return { at: `${name} process`, saw: look.saw, holds: judge(look) };
}

/** Its process runs (another start of it than `notInstance`), its client port is served, and it says that it is well. */
export async function lookForUp(
  cluster: Cluster,
  node: ClusterNode,
  notInstance?: string,
): Promise<HeldLook[]> {
  const [process, port, health] = await Promise.all([
    cluster.lookAtProcess(node.name),
    lookAtClientPort(node),
    lookAtHealth(node),
  ]);
  const isOld = process.state === 'running' && process.instance === notInstance;
  const looks: HeldLook[] = [
    {
      at: `${node.name} process`,
      saw: isOld ? `${process.saw}, as before the fault` : process.saw,
      holds: process.state === 'running' && !isOld,
    },
    { ...port, holds: port.state === 'speaks' },
  ];
  if (health) looks.push({ ...health, holds: health.state === 'ok' });
  return looks;
}

/** Its process has ended, its client port refuses, and nobody answers for its health. */
export async function lookForDown(cluster: Cluster, node: ClusterNode): Promise<HeldLook[]> {
  const [process, port, health] = await Promise.all([
    lookAtProcess(cluster, node.name, ({ state }) => state === 'down'),
    lookAtClientPort(node),
    lookAtHealth(node),
  ]);
  const looks: HeldLook[] = [process, { ...port, holds: port.state === 'refused' }];
  if (health) looks.push({ ...health, holds: health.state === 'unreachable' });
  return looks;
}
