import type { Arrival } from '../contracts/plan/schedule.js';
import { PoissonArrivals } from './poisson-arrivals.js';

/**
 * Where the operations of a load stand on the axis of its integral: with constant arrivals operation i stands at i, and
 * is due when the rate has added up to i.
 */
export interface Arrivals {
  /** Position of an operation; never falls with its number. The hot path. */
  positionOf(index: number): number;
  /** How many operations stand at `position` or before it. */
  countUpTo(position: number): number;
}

/**
 * Arrivals other than constant; `undefined` for those, which need no help.
 *
 * @param total how many operations there are
 * @param span what the rate adds up to: the end of the axis
 * @param seed the same seed, the same positions, whoever asks
 */
export function createArrivals(
  arrival: Arrival,
  total: number,
  span: number,
  seed: { readonly seed: number; readonly name: string },
): Arrivals | undefined {
  switch (arrival.kind) {
    case 'constant':
      return undefined;
    case 'poisson':
      return new PoissonArrivals(total, span, seed.seed, seed.name);
    case 'bursts':
      return new BurstArrivals(arrival.size);
  }
}

/** So many at a time, all where the first of them would stand alone. */
class BurstArrivals implements Arrivals {
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  positionOf(index: number): number {
    return index - (index % this.#size);
  }

  countUpTo(position: number): number {
    return position < 0 ? 0 : (Math.floor(position / this.#size) + 1) * this.#size;
  }
}
