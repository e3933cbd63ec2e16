import { NS } from '../../base/clock.js';
import { CLOCK_GRAIN_NS } from '../lag-account.js';

/** Said again every five seconds: what was not said for longer than this has ended unheard. */
const UNHEARD_NS = 16 * NS.s;
/** A figure of the last second says nothing of now any more. */
const STALE_NS = 10 * NS.s;
/** So many of each are told apart in a run; what comes beyond is not shown, but that faults which are over give way. */
const MOST = 500;

export interface FaultState {
  readonly kind: string;
  readonly target: string;
  isActive: boolean;
  saidNs: number;
  /** When that was so; what tells of a time before comes late, or again. */
  atNs: number;
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
  readonly atNs: number;
}

/** What is known of one run by what it says. Sums are what it said last: nothing is lost with an event that was. */
export class RunState {
  lastSaidNs: number;
  /** It has been silent for so long that it has probably ended: its sums are kept, for it may only have been cut off. */
  isGone = false;
  #phase = '';
  #phaseAtNs = Number.NEGATIVE_INFINITY;
  readonly faults = new Map<string, FaultState>();
  readonly #counts = new Map<string, FaultCount>();
  /** Load → sums. */
  readonly #sums = new Map<string, Readonly<Record<string, number>>>();
  readonly #latencies = new Map<string, Latency>();

  constructor(nowNs: number) {
    this.lastSaidNs = nowNs;
  }

  get phase(): string {
    return this.#phase;
  }

  notePhase(phase: string, atNs: number): void {
    if (isLate(atNs, this.#phaseAtNs)) return;
    this.#phase = phase;
    this.#phaseAtNs = atNs;
  }

  /** Nothing of what was so is so any more, as far as anybody knows. */
  leave(): void {
    this.isGone = true;
    this.#phase = '';
    this.faults.clear();
    this.#latencies.clear();
  }

  /** A fault holds, or does not any more. */
  noteFault(fault: string, state: FaultState): void {
    const known = this.faults.get(fault);
    if (known === undefined) {
      if (this.faults.size < MOST || this.#forgetFaultThatIsOver()) this.faults.set(fault, state);
      return;
    }
    if (isLate(state.atNs, known.atNs)) return;
    known.isActive = state.isActive;
    known.saidNs = state.saidNs;
    known.atNs = state.atNs;
  }

  #forgetFaultThatIsOver(): boolean {
    for (const [fault, { isActive }] of this.faults) {
      if (!isActive) return this.faults.delete(fault);
    }
    return false;
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

  noteLatency(latency: Latency): void {
    const key = keyOf(latency.load, latency.measure);
    const known = this.#latencies.get(key);
    if (known === undefined ? this.#latencies.size >= MOST : isLate(latency.atNs, known.atNs)) return;
    this.#latencies.set(key, latency);
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

/** Whether what is told was so before what is known; times of one clock to the millisecond. */
const isLate = (atNs: number, knownNs: number): boolean => atNs < knownNs - CLOCK_GRAIN_NS;

const keyOf = (a: string, b: string): string => JSON.stringify([a, b]);
