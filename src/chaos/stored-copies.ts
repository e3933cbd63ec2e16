import { join } from 'node:path';
import { waitFor } from '../base/wait.js';
import type { Cluster } from '../contracts/cluster.js';
import type { FaultContext } from '../contracts/fault.js';

/** A server that was asked to end in order writes the states of its streams before it does. */
const ENDS_WITHIN_MS = 15_000;

/** Where a fault keeps what it found in a node's store, as it was. */
export const copiesOf = ({ workDir, id }: FaultContext, node: string): string =>
  join(workDir, `${id}-copies`, node);

/** One name for a path, so that all copies lie in one directory. */
export const flatName = (path: string): string => path.replaceAll('/', '!');

/** Ends a node's server, and waits for that; rejects when it does not. */
export async function endServer(
  cluster: Cluster,
  name: string,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<void> {
  await cluster.signal(name, signal);
  const ended = await waitFor(async () => (await cluster.lookAtProcess(name)).state === 'down', {
    timeoutMs: ENDS_WITHIN_MS,
  });
  if (!ended) throw new Error(`node ${name} did not end within ${ENDS_WITHIN_MS} ms of ${signal}`);
}
