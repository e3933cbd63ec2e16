import type { DockerClusterParams } from '../clusters/docker/docker-cluster-schema.js';
import type { Plan } from '../contracts/plan.js';
import { engineOf } from '../processes/docker/engine-address.js';

export interface PlannedDocker {
  readonly params: DockerClusterParams;
  readonly image: string;
  /** `unix:///var/run/docker.sock` */
  readonly engine: string;
}

/** What a plan says of its containers, and the engine for them: the scenario's, or the user's own. */
export function dockerOf(
  { cluster }: Pick<Plan, 'cluster'>,
  env: Readonly<Record<string, string | undefined>>,
): PlannedDocker {
  const params = cluster.params as unknown as DockerClusterParams;
  return { params, image: params.image, engine: params.engine ?? engineOf(env) };
}
