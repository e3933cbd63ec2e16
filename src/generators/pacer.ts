import { NS } from '../base/clock.js';
import type { LoadSchedule } from '../contracts/plan.js';

/**
 * When one worker's operations are due. Operations are numbered from 0 within the worker; operation i of a load of n
 * workers is operation ⌊i / n⌋ of worker i mod n, so that the workers together keep the schedule exactly.
 */
export interface Pacer {
  /** How many operations the schedule has; Infinity when nobody can say beforehand. */
  readonly total: number;
  /** When the schedule is over, after its start. */
  readonly endNs: number;
  /** When an operation is due, in nanoseconds after the start. Fastest when asked in ascending order. */
  dueNs(operation: number): number;
  /** How many operations are due at this time after the start, or were before. */
  countDue(elapsedNs: number): number;
}

export function createPacer(schedule: LoadSchedule, worker: number, workers: number): Pacer {
  switch (schedule.mode) {
    case 'open':
      return new StagedPacer(schedule.stages, worker, workers);
    case 'follow':
      return new IdlePacer(schedule.durationNs ?? Number.POSITIVE_INFINITY);
    default:
      return new UnpacedPacer(schedule.durationNs);
  }
}

/** `rate: max`: there is always one more operation due, until the time is over. */
class UnpacedPacer implements Pacer {
  readonly total = Number.POSITIVE_INFINITY;
  readonly endNs: number;

  constructor(durationNs: number) {
    this.endNs = durationNs;
  }

  dueNs(): number {
    return 0;
  }

  countDue(elapsedNs: number): number {
    return elapsedNs >= 0 && elapsedNs < this.endNs ? Number.POSITIVE_INFINITY : 0;
  }
}

/** Nothing is due; it only says how long. */
class IdlePacer implements Pacer {
  readonly total = 0;

  constructor(readonly endNs: number) {}

  dueNs(): number {
    return Number.POSITIVE_INFINITY;
  }

  countDue(): number {
    return 0;
  }
}

/** A stage, with what went before it: times in seconds and counts as real numbers. */
interface Ramp {
  readonly startSec: number;
  /** Operations of the load before this stage. */
  readonly before: number;
  readonly fromPerSec: number;
  /** Change of the rate, per second squared. */
  readonly slope: number;
  readonly durationSec: number;
}

/**
 * The open-loop schedule. N(t), the integral of the rate, is how many operations of the load should have begun by t;
 * operation i is due when N(t) = i. Within a stage N is N₀ + r·t + ½·s·t² for a rate that begins at r and changes by
 * s a second, hence, with n = i − N₀ and in the form that is exact for small slopes,
 *
 *     t = 2·n / (r + √(r² + 2·s·n))
 *
 * A rate that changes therefore never resets the schedule, and nothing is stored for an operation.
 */
class StagedPacer implements Pacer {
  readonly total: number;
  readonly endNs: number;
  readonly #ramps: readonly Ramp[];
  readonly #worker: number;
  readonly #workers: number;
  /** The ramp of the last question: the next is mostly about the same. */
  #at = 0;

  constructor(
    stages: readonly { fromPerSec: number; toPerSec: number; durationNs: number }[],
    worker: number,
    workers: number,
  ) {
    const ramps: Ramp[] = [];
    let startSec = 0;
    let before = 0;
    for (const { fromPerSec, toPerSec, durationNs } of stages) {
      const durationSec = durationNs / NS.s;
      const count = ((fromPerSec + toPerSec) / 2) * durationSec;
      if (count > 0) {
        const slope = (toPerSec - fromPerSec) / durationSec;
        ramps.push({ startSec, before, fromPerSec, slope, durationSec });
      }
      startSec += durationSec;
      before += count;
    }
    this.#ramps = ramps;
    this.#worker = worker;
    this.#workers = workers;
    this.endNs = startSec * NS.s;
    // A whole number of operations may come out as 9.999999: what is that close is meant to be whole.
    this.total = ownShare(Math.ceil(before - 1e-6), worker, workers);
  }

  dueNs(operation: number): number {
    const index = this.#worker + operation * this.#workers;
    const ramps = this.#ramps;
    let at = this.#at;
    while (at + 1 < ramps.length && index >= ramps[at + 1]!.before) at++;
    while (at > 0 && index < ramps[at]!.before) at--;
    this.#at = at;
    const { startSec, before, fromPerSec, slope, durationSec } = ramps[at]!;
    const n = index - before;
    if (n <= 0) return startSec * NS.s;
    // A ramp to zero has its last operation at the very end, where rounding may leave a negative root.
    const root = Math.sqrt(Math.max(0, fromPerSec * fromPerSec + 2 * slope * n));
    return (startSec + Math.min(durationSec, (2 * n) / (fromPerSec + root))) * NS.s;
  }

  countDue(elapsedNs: number): number {
    if (elapsedNs < 0) return 0;
    if (elapsedNs >= this.endNs) return this.total;
    // The estimate is right but for rounding: dueNs has the last word, so that the two never disagree.
    let count = Math.min(
      this.total,
      ownShare(Math.floor(this.#expected(elapsedNs / NS.s)) + 1, this.#worker, this.#workers),
    );
    while (count > 0 && this.dueNs(count - 1) > elapsedNs) count--;
    while (count < this.total && this.dueNs(count) <= elapsedNs) count++;
    return count;
  }

  /** N(t). */
  #expected(sec: number): number {
    const ramps = this.#ramps;
    let at = ramps.length - 1;
    while (at > 0 && sec < ramps[at]!.startSec) at--;
    const ramp = ramps[at];
    if (!ramp) return 0;
    const t = Math.min(Math.max(0, sec - ramp.startSec), ramp.durationSec);
    return ramp.before + ramp.fromPerSec * t + (ramp.slope * t * t) / 2;
  }
}

/** How many of the load's first `count` operations are this worker's. */
function ownShare(count: number, worker: number, workers: number): number {
  return Math.max(0, Math.ceil((count - worker) / workers));
}
