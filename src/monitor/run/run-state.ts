import { NS } from '../../base/clock.js';

/** Said again every five seconds: what was not said for longer than this has ended unheard. */
const UNHEARD_NS = 16 * NS.s;
/** A figure of the last second says nothing of now any more. */
const STALE_NS = 10 * NS.s;
/** So many of each are told apart in a run; what comes beyond is not shown. */
const MOST = 500;

export interface FaultState {
  readonly kind: string;
  readonly target: string;
  isActive: boolean;
  saidNs: number;
}

/** How many faults of a kind are in a status. */
interface FaultCount {
  readonly kind: string;
  readonly status: string;
  readonly count: number;
}

/** Quantiles of a measure of a load, and when they were said. */
interface Latency {
  readonly load: string;
  readonly measure: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly saidNs: number;
}

/** What is known of one run by what it says. Sums are what it said last: nothing is lost with an event that was. */
export class RunState {
  phase = '';
  lastSaidNs: number;
  readonly faults = new Map<string, FaultState>();
  readonly #counts = new Map<string, FaultCount>();
  /** Load → sums. */
  readonly #sums = new Map<string, Readonly<Record<string, number>>>();
  readonly #latencies = new Map<string, Latency>();

  constructor(nowNs: number) {
    this.lastSaidNs = nowNs;
  }

  /** A fault holds, or does not any more. */
  noteFault(fault: string, state: FaultState): void {
    const known = this.faults.get(fault);
    if (known === undefined) {
      if (this.faults.size < MOST) this.faults.set(fault, state);
      return;
    }
    known.isActive = state.isActive;
    known.saidNs = state.saidNs;
  }

  noteCount(kind: string, status: string, count: number): void {
    const key = keyOf(kind, status);
    const known = this.#counts.get(key);
    if (known === undefined && this.#counts.size >= MOST) return;
    this.#counts.set(key, { kind, status, count: Math.max(count, known?.count ?? 0) });
  }

  /** Sums never fall. */
  noteSums(load: string, sums: Readonly<Record<string, number>>): void {
    const known = this.#sums.get(load);
    if (known === undefined && this.#sums.size >= MOST) return;
    const higher = Object.entries(sums).map(([name, sum]) => [name, Math.max(sum, known?.[name] ?? 0)]);
    this.#sums.set(load, Object.fromEntries(higher));
  }

  noteLatency(load: string, measure: string, figures: Readonly<Record<string, number>>, nowNs: number): void {
    const key = keyOf(load, measure);
    if (!this.#latencies.has(key) && this.#latencies.size >= MOST) return;
    this.#latencies.set(key, { load, measure, figures, saidNs: nowNs });
  }

  counts(): Iterable<FaultCount> {
    return this.#counts.values();
  }

  get sums(): ReadonlyMap<string, Readonly<Record<string, number>>> {
    return this.#sums;
  }

  latencies(): Iterable<Latency> {
    return this.#latencies.values();
  }

  /** What has not been said again for too long is over. */
  tick({ nowNs, silentSinceNs }: Silence): void {
    for (const fault of this.faults.values()) {
      if (nowNs - silentSinceNs(fault.saidNs) > UNHEARD_NS) fault.isActive = false;
    }
    for (const [key, { saidNs }] of this.#latencies) {
      if (nowNs - saidNs > STALE_NS) this.#latencies.delete(key);
    }
  }
}

interface Silence {
  readonly nowNs: number;
  /** Since when silence counts of what was heard last then: while nothing can be heard, nobody is silent. */
  readonly silentSinceNs: (heardNs: number) => number;
}

const keyOf = (a: string, b: string): string => JSON.stringify([a, b]);
