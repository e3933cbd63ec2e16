import { RateIntegral } from '../base/rate-integral.js';
import type { LoadSchedule } from '../contracts/plan/schedule.js';
import { type Arrivals, createArrivals } from './arrivals.js';
import { ReplayPacer } from './replay-pacer.js';

/**
 * When one worker's operations are due. Operations are numbered from 0 within the worker; operation i of a load of n
 * workers is operation ⌊i / n⌋ of worker i mod n, so that the workers together keep the schedule exactly.
 */
export interface Pacer {
  /** How many operations the schedule has; Infinity when they have no due times. */
  readonly total: number;
  /** The load is over when so many operations were begun, with due times or without. */
  readonly limit: number;
  /** When the schedule is over, after its start. */
  readonly endNs: number;
  /** When an operation is due, in nanoseconds after the start. Fastest when asked in ascending order. */
  dueNs(operation: number): number;
  /** How many operations are due at this time after the start, or were before. */
  countDue(elapsedNs: number): number;
}

export interface PacerOptions {
  /** The same seed and name, the same due times: for arrivals that are drawn. */
  readonly seed?: number;
  readonly name?: string;
  /** What an operation of this worker has on average: for a rate in bytes. */
  readonly meanBytes?: number | undefined;
}

/** Throws a RangeError for a rate in bytes when nobody knows how large an operation is, or when that allows none. */
export function createPacer(
  schedule: LoadSchedule,
  worker: number,
  workers: number,
  options: PacerOptions = {},
): Pacer {
  switch (schedule.mode) {
    case 'open':
      return schedule.arrival.kind === 'replay'
        ? new ReplayPacer(schedule.arrival, worker, workers)
        : new StagedPacer(schedule, worker, workers, options);
    case 'follow':
      return new IdlePacer(schedule.durationNs ?? Number.POSITIVE_INFINITY);
    default: {
      const { durationNs, count = Number.POSITIVE_INFINITY } = schedule;
      return new UnpacedPacer(durationNs, ownShare(count, worker, workers));
    }
  }
}

/** There is always one more operation due, until the time is over or the limit is reached. */
class UnpacedPacer implements Pacer {
  readonly total = Number.POSITIVE_INFINITY;

  constructor(
    readonly endNs: number,
    readonly limit: number,
  ) {}

  dueNs(): number {
    return 0;
  }

  countDue(elapsedNs: number): number {
    return elapsedNs >= 0 && elapsedNs < this.endNs ? this.limit : 0;
  }
}

/** Nothing is due; it only says how long. */
class IdlePacer implements Pacer {
  readonly total = 0;
  readonly limit = Number.POSITIVE_INFINITY;

  constructor(readonly endNs: number) {}

  dueNs(): number {
    return Number.POSITIVE_INFINITY;
  }

  countDue(): number {
    return 0;
  }
}

type OpenSchedule = Extract<LoadSchedule, { mode: 'open' }>;

/** The open-loop schedule: an operation is due when the rate has added up to where it stands. */
class StagedPacer implements Pacer {
  readonly total: number;
  readonly limit: number;
  readonly endNs: number;
  readonly #integral: RateIntegral;
  readonly #arrivals: Arrivals | undefined;
  readonly #worker: number;
  readonly #workers: number;

  constructor(schedule: OpenSchedule, worker: number, workers: number, options: PacerOptions) {
    const { arrival, count = Number.POSITIVE_INFINITY } = schedule;
    const integral = new RateIntegral(operationStages(schedule, options.meanBytes));
    // A whole number of operations may come out as 9.999999: what is that close is meant to be whole.
    const ofLoad = Math.min(Math.ceil(integral.total - 1e-6), count);
    const { seed = 0, name = '' } = options;
    this.#integral = integral;
    this.#arrivals = createArrivals(arrival, ofLoad, integral.total, { seed, name });
    this.#worker = worker;
    this.#workers = workers;
    this.endNs = integral.endNs;
    this.total = ownShare(ofLoad, worker, workers);
    this.limit = this.total;
  }

  dueNs(operation: number): number {
    const index = this.#worker + operation * this.#workers;
    return this.#integral.reachedNs(this.#arrivals === undefined ? index : this.#arrivals.positionOf(index));
  }

  countDue(elapsedNs: number): number {
    if (elapsedNs < 0) return 0;
    if (elapsedNs >= this.endNs) return this.total;
    const reached = this.#integral.countAt(elapsedNs);
    const ofLoad = this.#arrivals === undefined ? Math.floor(reached) + 1 : this.#arrivals.countUpTo(reached);
    // The estimate is right but for rounding: dueNs has the last word, so that the two never disagree.
    let count = Math.min(this.total, ownShare(ofLoad, this.#worker, this.#workers));
    while (count > 0 && this.dueNs(count - 1) > elapsedNs) count--;
    while (count < this.total && this.dueNs(count) <= elapsedNs) count++;
    return count;
  }
}

/** The stages in operations a second. Each worker does its share of the bytes with operations of its own mean size. */
function operationStages(
  { stages, unit }: OpenSchedule,
  meanBytes: number | undefined,
): OpenSchedule['stages'] {
  if (unit === 'operations') return stages;
  if (meanBytes === undefined || !(meanBytes > 0)) {
    throw new RangeError('a rate in bytes needs to know how large an operation is, and these have no size');
  }
  const perOperation = stages.map(({ fromPerSec, toPerSec, durationNs }) => ({
    fromPerSec: fromPerSec / meanBytes,
    toPerSec: toPerSec / meanBytes,
    durationNs,
  }));
  if (new RateIntegral(perOperation).total < 1) {
    throw new RangeError(
      `a rate in bytes that does not reach the ${Math.ceil(meanBytes)} B of one operation`,
    );
  }
  return perOperation;
}

/** How many of the load's first `count` operations are this worker's. */
function ownShare(count: number, worker: number, workers: number): number {
  return Math.max(0, Math.ceil((count - worker) / workers));
}
