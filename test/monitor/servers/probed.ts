import { waitFor } from '../../../src/base/wait.js';
import type { MetricFamily, MetricSource } from '../../../src/contracts/metric.js';
import type { OwnEvent } from '../../../src/contracts/own-event.js';
import { ServerProbes, type ServerProbesOptions } from '../../../src/monitor/servers/server-probes.js';
import type { TestCluster } from '../../nats/test-cluster.js';

/** Probes at work, and what they said. */
export interface Probed extends AsyncDisposable {
  readonly probes: ServerProbes;
  readonly events: OwnEvent[];
  readonly notices: string[];
}

export function startProbes(
  { nodes, access }: Pick<TestCluster, 'nodes' | 'access'>,
  options: Partial<ServerProbesOptions> = {},
): Probed {
  const events: OwnEvent[] = [];
  const notices: string[] = [];
  const probes = new ServerProbes({
    targets: nodes.map(({ monitorUrl }) => ({ monitorUrl })),
    everyMs: 250,
    // Who does not answer is away; who is only busy must not be. One that is dead says so at once.
    deadlineMs: 10_000,
    maxStreams: 100,
    maxConsumers: 100,
    access,
    connectionName: 'probe',
    sink: { publish: (event) => events.push(event) },
    onNotice: ({ text }) => notices.push(text),
    ...options,
  });
  probes.start();
  return { probes, events, notices, [Symbol.asyncDispose]: () => probes.stop() };
}

export interface FlatSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const familiesOf = (source: MetricSource): MetricFamily[] => [...source.families()];

export const samplesOf = (source: MetricSource): FlatSample[] =>
  familiesOf(source).flatMap(({ name, samples }) =>
    [...samples].map(({ labels, value }) => ({ name, labels, value })),
  );

/** The one figure of that name with these labels, among others; undefined when there is none. */
export function figure(
  source: MetricSource,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samplesOf(source).filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} of ${name} with ${JSON.stringify(labels)}`);
  return found[0]?.value;
}

/** Waits until the look returns true; says what there was otherwise. */
export async function until(what: string, look: () => boolean, timeoutMs = 60_000): Promise<void> {
  if (!(await waitFor(look, { timeoutMs, everyMs: 30 })))
    throw new Error(`not within ${timeoutMs} ms: ${what}`);
}
