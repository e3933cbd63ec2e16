import { type EventLoopUtilization, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { NS, nowNs } from '../base/clock.js';
import { LoopDelay } from '../base/loop-delay.js';
import { readThreadCpu, type ThreadCpu } from '../base/thread-cpu.js';
import type { WorkerSample } from '../contracts/resources.js';

export interface VitalsOptions {
  readonly role: WorkerSample['role'];
  /** The generator's load; '' unless told. */
  readonly load?: string;
  /** −1 unless told. */
  readonly worker?: number;
  /** The thread's connections, with the time that each has held bytes back; none unless told. */
  readonly sockets?: () => Iterable<{ readonly heldNs: number }>;
  /** How long the thread slept within turns of its event loop, in all; never unless told. */
  readonly restedNs?: () => number;
}

/**
 * What a thread tells of itself: its CPU, its event loop, its garbage collector, its memory, its sockets. Everything is
 * kept by the system or by Node and read once a second, in less than a tenth of a millisecond; nothing is done for an event.
 */
export class WorkerVitals {
  readonly #options: VitalsOptions;
  readonly #loopDelay = new LoopDelay();
  readonly #gcObserver: PerformanceObserver;
  #gcPauses = 0;
  #gcNs = 0;
  #gcMaxNs = 0;
  #fromNs = 0;
  #cpu: ThreadCpu = { cpuNs: null, runQueueNs: null };
  #utilization: EventLoopUtilization | undefined;
  #connections = 0;
  #heldNs = 0;
  #restedNs = 0;

  constructor(options: VitalsOptions) {
    this.#options = options;
    this.#gcObserver = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        const pauseNs = duration * NS.ms;
        this.#gcPauses++;
        this.#gcNs += pauseNs;
        this.#gcMaxNs = Math.max(this.#gcMaxNs, pauseNs);
      }
    });
  }

  /** Begins to look; samples tell of the time from here on. */
  start(): void {
    this.#loopDelay.start();
    this.#gcObserver.observe({ entryTypes: ['gc'] });
    this.#begin(nowNs());
  }

  stop(): void {
    this.#loopDelay.stop();
    this.#gcObserver.disconnect();
  }

  /** What happened since the last sample, or since the start; `undefined` before it. */
  sample(): WorkerSample | undefined {
    if (this.#utilization === undefined) return undefined;
    const { role, load = '', worker = -1 } = this.#options;
    const [fromNs, cpu, utilization, heldNs] = [this.#fromNs, this.#cpu, this.#utilization, this.#heldNs];
    const restedNs = this.#restedNs;
    const { p99Ns, maxNs } = this.#loopDelay.take();
    const gc = { gcPauses: this.#gcPauses, gcNs: this.#gcNs, gcMaxNs: this.#gcMaxNs };
    const endNs = nowNs();
    this.#begin(endNs);
    const heap = getHeapStatistics();
    const activeNs = performance.eventLoopUtilization(this.#utilization, utilization).active * NS.ms;
    const connections = this.#connections;
    return {
      of: 'worker',
      role,
      load,
      worker,
      startNs: fromNs,
      endNs,
      cpuNs: since(this.#cpu.cpuNs, cpu.cpuNs),
      runQueueNs: since(this.#cpu.runQueueNs, cpu.runQueueNs),
      // For Node a loop that sleeps within a turn is active.
      activeNs: Math.max(0, activeNs - (this.#restedNs - restedNs)),
      loopDelayP99Ns: p99Ns,
      loopDelayMaxNs: maxNs,
      ...gc,
      heapBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      externalBytes: heap.external_memory,
      connections,
      // A connection that is gone takes its account along.
      socketHeldNs: connections === 0 ? 0 : Math.max(0, this.#heldNs - heldNs) / connections,
    };
  }

  #begin(atNs: number): void {
    this.#fromNs = atNs;
    this.#cpu = readThreadCpu();
    this.#utilization = performance.eventLoopUtilization();
    this.#gcPauses = 0;
    this.#gcNs = 0;
    this.#gcMaxNs = 0;
    this.#connections = 0;
    this.#heldNs = 0;
    this.#restedNs = this.#options.restedNs?.() ?? 0;
    for (const { heldNs } of this.#options.sockets?.() ?? []) {
      this.#connections++;
      this.#heldNs += heldNs;
    }
  }
}

const since = (now: number | null, then: number | null): number | null =>
  now === null || then === null ? null : Math.max(0, now - then);
