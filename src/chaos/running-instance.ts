import { StormglassError } from '../base/errors.js';
import type { Cluster } from '../contracts/cluster.js';

/**
 * Which start of the node runs. Throws for a node that is down: to break it again would hide the other fault, and to
 * undo that would end it.
 */
export async function runningInstance(cluster: Cluster, name: string): Promise<string> {
  const { instance } = await cluster.lookAtProcess(name);
  if (instance === undefined) throw new StormglassError('expectation', `node ${name} is down already`);
  return instance;
}
