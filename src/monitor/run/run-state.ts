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

/** Named figures, and when they were said. */
interface Said {
  readonly figures: Readonly<Record<string, number>>;
  readonly saidNs: number;
}

/** What is known of one run by what it says. Sums are what it said last: nothing is lost with an event that was. */
export class RunState {
  phase = '';
  lastSaidNs: number;
  readonly faults = new Map<string, FaultState>();
  /** Kind → status → how many faults. */
  readonly #counts = new Map<string, Map<string, number>>();
  /** Load → sums. */
  readonly #sums = new Map<string, Readonly<Record<string, number>>>();
  /** Load → measure → quantiles. */
  readonly #latencies = new Map<string, Map<string, Said>>();

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
    const ofKind = this.#counts.get(kind) ?? new Map<string, number>();
    if (!this.#counts.has(kind) && this.#counts.size >= MOST) return;
    if (!ofKind.has(status) && ofKind.size >= MOST) return;
    this.#counts.set(kind, ofKind.set(status, Math.max(count, ofKind.get(status) ?? 0)));
  }

  /** Sums never fall. */
  noteSums(load: string, sums: Readonly<Record<string, number>>): void {
    const known = this.#sums.get(load);
    if (known === undefined && this.#sums.size >= MOST) return;
    const higher = Object.entries(sums).map(([name, sum]) => [name, Math.max(sum, known?.[name] ?? 0)]);
    this.#sums.set(load, Object.fromEntries(higher));
  }

  noteLatency(load: string, measure: string, figures: Readonly<Record<string, number>>, nowNs: number): void {
    const ofLoad = this.#latencies.get(load) ?? new Map<string, Said>();
    if (!this.#latencies.has(load) && this.#latencies.size >= MOST) return;
    if (!ofLoad.has(measure) && ofLoad.size >= MOST) return;
    this.#latencies.set(load, ofLoad.set(measure, { figures, saidNs: nowNs }));
  }

  *counts(): Iterable<{ readonly kind: string; readonly status: string; readonly count: number }> {
    for (const [kind, ofKind] of this.#counts) {
      for (const [status, count] of ofKind) yield { kind, status, count };
    }
  }

  get sums(): ReadonlyMap<string, Readonly<Record<string, number>>> {
    return this.#sums;
  }

  *latencies(): Iterable<{ readonly load: string; readonly measure: string } & Said> {
    for (const [load, ofLoad] of this.#latencies) {
      for (const [measure, said] of ofLoad) yield { load, measure, ...said };
    }
  }

  /** What has not been said again for too long is over. */
  tick({ nowNs, silentSinceNs }: Silence): void {
    for (const fault of this.faults.values()) {
      if (nowNs - silentSinceNs(fault.saidNs) > UNHEARD_NS) fault.isActive = false;
    }
    for (const ofLoad of this.#latencies.values()) {
      for (const [measure, { saidNs }] of ofLoad) if (nowNs - saidNs > STALE_NS) ofLoad.delete(measure);
    }
  }
}

interface Silence {
  readonly nowNs: number;
  /** Since when silence counts of what was heard last then: while nothing can be heard, nobody is silent. */
  readonly silentSinceNs: (heardNs: number) => number;
}
