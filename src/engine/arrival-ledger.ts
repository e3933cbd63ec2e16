import type { WorkerSample } from '../contracts/resources.js';
import { keepsWaiting } from './saturation.js';

/** As the monitor numbers its reports. */
const MONITOR = -1;

interface Arrivals {
  /** Since the last sample of the thread that they came to, by worker. */
  readonly fresh: Map<number, number>;
  total: number;
  saturated: number;
}

/** Of what came for each load, how much came to a thread that had no time for it: that lay before its door. */
export class ArrivalLedger {
  readonly #loads = new Map<string, Arrivals>();

  /** What came since the last sample of the worker, −1 for the monitor. */
  add(load: string, worker: number, count: number): void {
    if (count === 0) return;
    const arrivals = this.#loads.get(load) ?? { fresh: new Map(), total: 0, saturated: 0 };
    this.#loads.set(load, arrivals);
    arrivals.fresh.set(worker, (arrivals.fresh.get(worker) ?? 0) + count);
  }

  /** What the thread did meanwhile; of a generator or the monitor. */
  settle(sample: WorkerSample): void {
    if (sample.role === 'generator') settle(this.#loads.get(sample.load), sample.worker, sample);
    else for (const arrivals of this.#loads.values()) settle(arrivals, MONITOR, sample);
  }

  /** The share of what came that came to a saturated thread; 0 when nothing came. */
  share(load: string): number {
    const arrivals = this.#loads.get(load);
    return arrivals && arrivals.total > 0 ? arrivals.saturated / arrivals.total : 0;
  }

  /** Whether it came to threads of the load itself, and not to the monitor's. */
  isOwn(load: string): boolean {
    return [...(this.#loads.get(load)?.fresh.keys() ?? [])].some((worker) => worker !== MONITOR);
  }
}

function settle(arrivals: Arrivals | undefined, worker: number, sample: WorkerSample): void {
  const fresh = arrivals?.fresh.get(worker) ?? 0;
  if (arrivals === undefined || fresh === 0) return;
  arrivals.total += fresh;
  if (keepsWaiting(sample)) arrivals.saturated += fresh;
  arrivals.fresh.set(worker, 0);
}
