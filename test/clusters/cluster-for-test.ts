import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshId } from '../../src/base/ids.js';
import { processClusterSchema } from '../../src/clusters/process-cluster-schema.js';
import {
  type ProcessClusterStartOptions,
  startProcessCluster,
} from '../../src/clusters/start-process-cluster.js';
import type { Cluster, LinkEvent, NodeEvent } from '../../src/contracts/cluster.js';
import { endMarked } from '../../src/processes/end-process.js';
import { natsServerPath } from '../support/nats-server.js';
import { PORTS_STATE_DIR } from '../support/test-ports.js';
import { toxiproxyPath } from '../support/toxiproxy.js';

export interface ClusterTest extends AsyncDisposable {
  readonly runId: string;
  readonly directory: string;
  readonly events: readonly NodeEvent[];
  readonly linkEvents: readonly LinkEvent[];
  /** Starts a cluster as a scenario's `cluster` describes it. */
  start(params: Record<string, unknown>, options?: Partial<ProcessClusterStartOptions>): Promise<Cluster>;
  /** `n1 crashed`, in the order in which it happened. */
  happened(): string[];
}

/** A place to start clusters in; whatever they leave is ended and removed with it. */
export async function clusterTest(): Promise<ClusterTest> {
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-cluster-test-'));
  const runId = `test-${freshId()}`;
  const events: NodeEvent[] = [];
  const linkEvents: LinkEvent[] = [];
  return {
    runId,
    directory,
    events,
    linkEvents,
    start: async (params, options = {}) =>
      startProcessCluster(processClusterSchema.parse(params), {
        runId,
        logDir: join(directory, 'logs'),
        workDir: join(directory, 'work'),
        stateDir: PORTS_STATE_DIR,
        serverPath: natsServerPath(),
        signal: new AbortController().signal,
        links: { routes: false, clients: false },
        ...(options.links && { toxiproxyPath: await toxiproxyPath() }),
        onLinkEvent: (event) => linkEvents.push(event),
        ...options,
        onNodeEvent: (event) => {
          events.push(event);
          options.onNodeEvent?.(event);
        },
      }),
    happened: () => events.map(({ node, what }) => `${node} ${what}`),
    [Symbol.asyncDispose]: async () => {
      await endMarked(runId, { graceMs: 0 });
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
