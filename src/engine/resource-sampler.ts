import { nowNs } from '../base/clock.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { GeneratorProcess } from '../contracts/load.js';
import type {
  MachineReading,
  ProcessReading,
  ResourceProbe,
  ResourceSample,
  ServerReading,
} from '../contracts/resources.js';
import { WorkerVitals } from '../metrics/worker-vitals.js';

const EVERY_MS = 1000;

interface Look<T> {
  readonly atNs: number;
  readonly reading: T;
}

/**
 * Looks once a second at what the servers, stormglass with its processes and the machine use, and makes samples of the differences. A
 * server that does not answer holds up nobody else, and is not asked again before it has.
 */
export class ResourceSampler {
  readonly #cluster: Pick<Cluster, 'nodes'>;
  readonly #probe: ResourceProbe;
  readonly #onSample: (sample: ResourceSample) => void;
  readonly #vitals = new WorkerVitals({ role: 'conductor' });
  readonly #generators: readonly GeneratorProcess[];
  readonly #servers = new Map<string, Look<ServerReading>>();
  readonly #asked = new Set<string>();
  #machine: Look<MachineReading> | undefined;
  /** By pid; 0 is this process. */
  readonly #processes = new Map<number, Look<ProcessReading>>();
  #timer: NodeJS.Timeout | undefined;
  #lastRound: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(
    cluster: Pick<Cluster, 'nodes'>,
    probe: ResourceProbe,
    onSample: (sample: ResourceSample) => void,
    generators: readonly GeneratorProcess[] = [],
  ) {
    this.#cluster = cluster;
    this.#generators = generators;
    this.#probe = probe;
    this.#onSample = (sample) => {
      if (!this.#isStopped) onSample(sample);
    };
  }

  /** Takes a first look, from which the first samples run. */
  start(): void {
    this.#vitals.start();
    this.#lastRound = this.#round();
    this.#timer = setInterval(() => {
      this.#lastRound = this.#round();
    }, EVERY_MS);
    this.#timer.unref();
  }

  /** What an earlier look still waits for then is not told any more: it would be of a time after the end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#vitals.stop();
    await this.#lastRound;
    this.#isStopped = true;
  }

  async #round(): Promise<void> {
    const vitals = this.#vitals.sample();
    if (vitals) this.#onSample(vitals);
    this.#lookAtMachine();
    await Promise.all([
      this.#lookAtProcess(),
      ...this.#generators.map((generator) => this.#lookAtProcess(generator)),
      ...this.#cluster.nodes.map((node) => this.#lookAtServer(node)),
    ]);
  }

  #lookAtMachine(): void {
    const [then, now] = [this.#machine, { atNs: nowNs(), reading: this.#probe.machine() }];
    this.#machine = now;
    if (!then) return;
    this.#onSample({
      of: 'machine',
      startNs: then.atNs,
      endNs: now.atNs,
      ...now.reading,
      busyNs: now.reading.busyNs - then.reading.busyNs,
      stolenNs: since(now.reading.stolenNs, then.reading.stolenNs),
    });
  }

  async #lookAtProcess(generator?: GeneratorProcess): Promise<void> {
    const pid = generator?.pid ?? 0;
    const then = this.#processes.get(pid);
    const reading = await (generator ? this.#probe.generatorProcess(pid) : this.#probe.process());
    if (reading === undefined) {
      this.#processes.delete(pid);
      return;
    }
    const now = { atNs: nowNs(), reading };
    this.#processes.set(pid, now);
    if (!then) return;
    this.#onSample({
      of: 'process',
      ...(generator && { generator: generator.name }),
      startNs: then.atNs,
      endNs: now.atNs,
      ...reading,
      cpuNs: Math.max(0, reading.cpuNs - then.reading.cpuNs),
    });
  }

  async #lookAtServer(node: ClusterNode): Promise<void> {
    if (this.#asked.has(node.name)) return;
    this.#asked.add(node.name);
    try {
      const reading = await this.#probe.server(node);
      const then = this.#servers.get(node.name);
      if (reading === undefined) {
        this.#servers.delete(node.name);
        return;
      }
      const now = { atNs: nowNs(), reading };
      this.#servers.set(node.name, now);
      if (then) this.#tellServer(node.name, then, now);
    } finally {
      this.#asked.delete(node.name);
    }
  }

  /** One that was started anew counts from its start: of what it did before, nothing is known any more. */
  #tellServer(node: string, then: Look<ServerReading>, now: Look<ServerReading>): void {
    const { startedAt, cpuShare, ...reading } = now.reading;
    const before = then.reading.startedAt === startedAt ? then.reading : NOTHING_YET;
    const spanNs = now.atNs - then.atNs;
    this.#onSample({
      of: 'server',
      node,
      startNs: then.atNs,
      endNs: now.atNs,
      ...reading,
      cpuNs: cpuShare === null ? since(reading.cpuNs, before.cpuNs) : cpuShare * spanNs,
      readBytes: since(reading.readBytes, before.readBytes),
      writtenBytes: since(reading.writtenBytes, before.writtenBytes),
    });
  }
}

const NOTHING_YET = { cpuNs: 0, readBytes: 0, writtenBytes: 0 };

const since = (now: number | null, then: number | null): number | null =>
  now === null || then === null ? null : Math.max(0, now - then);
