import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { freshId } from '../../../src/base/ids.js';
import type { DockerCluster } from '../../../src/clusters/docker/docker-cluster.js';
import { dockerClusterSchema } from '../../../src/clusters/docker/docker-cluster-schema.js';
import { startDockerCluster } from '../../../src/clusters/docker/start-docker-cluster.js';
import type { NodeEvent } from '../../../src/contracts/cluster.js';
import { openEngine } from '../../../src/processes/docker/open-engine.js';
import { removeMarkedThings } from '../../../src/processes/docker/remove-marked.js';
import { dockerEngine, provideTestImage } from '../../support/docker-engine.js';
import { PORTS_STATE_DIR } from '../../support/test-ports.js';

export interface DockerClusterTest extends AsyncDisposable {
  readonly runId: string;
  readonly engine: string;
  readonly docker: Docker;
  readonly image: string;
  readonly events: readonly NodeEvent[];
  readonly logDir: string;
  start(params: Record<string, unknown>): Promise<DockerCluster>;
}

/** A place to start clusters of containers in; whatever they leave is removed with it. */
export async function dockerClusterTest(): Promise<DockerClusterTest> {
  const engine = dockerEngine as string;
  const docker = await openEngine(engine);
  const image = await provideTestImage(docker);
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-docker-test-'));
  const runId = `test-${freshId()}`;
  const events: NodeEvent[] = [];
  const logDir = join(directory, 'logs');
  return {
    runId,
    engine,
    docker,
    image,
    events,
    logDir,
    start: (params) =>
      startDockerCluster(dockerClusterSchema.parse({ image, ...params }), {
        runId,
        engine,
        logDir,
        workDir: join(directory, 'work'),
        stateDir: PORTS_STATE_DIR,
        signal: new AbortController().signal,
        links: { routes: true, clients: false },
        onNodeEvent: (event) => events.push(event),
      }),
    [Symbol.asyncDispose]: async () => {
      await removeMarkedThings(docker, runId);
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
