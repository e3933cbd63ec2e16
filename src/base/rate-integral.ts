import { NS } from './nanoseconds.js';

/** A stretch of time over which a rate goes linearly from one value to another. */
export interface RateStage {
  readonly fromPerSec: number;
  readonly toPerSec: number;
  readonly durationNs: number;
}

/** A stage, with what went before it: times in seconds and counts as real numbers. */
interface Ramp {
  readonly startSec: number;
  readonly before: number;
  readonly fromPerSec: number;
  /** Change of the rate, per second squared. */
  readonly slope: number;
  readonly durationSec: number;
}

/**
 * How much a rate that changes over time has added up to, and when. N(t), the integral of the rate, is N₀ + r·t +
 * ½·s·t² within a stage that begins at r and changes by s a second; hence the time at which it reaches n more than N₀,
 * in the form that is exact for small slopes, is
 *
 *     t = 2·n / (r + √(r² + 2·s·n))
 *
 * Nothing is stored for an operation, and a rate that changes never begins anew.
 */
export class RateIntegral {
  /** What all stages together add up to. */
  readonly total: number;
  /** How long all stages together last. */
  readonly endNs: number;
  readonly #ramps: readonly Ramp[];
  /** The ramp of the last question: the next is mostly about the same. */
  #at = 0;

  constructor(stages: readonly RateStage[]) {
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
    this.total = before;
    this.endNs = startSec * NS.s;
  }

  /** When so much is reached, in nanoseconds after the start. Fastest when asked in ascending order. The hot path. */
  reachedNs(count: number): number {
    const ramps = this.#ramps;
    let at = this.#at;
    while (at + 1 < ramps.length && count >= ramps[at + 1]!.before) at++;
    while (at > 0 && count < ramps[at]!.before) at--;
    this.#at = at;
    const ramp = ramps[at];
    if (!ramp) return Number.POSITIVE_INFINITY;
    const { startSec, before, fromPerSec, slope, durationSec } = ramp;
    const n = count - before;
    if (n <= 0) return startSec * NS.s;
    // A ramp to zero reaches its last at the very end, where rounding may leave a negative root.
    const root = Math.sqrt(Math.max(0, fromPerSec * fromPerSec + 2 * slope * n));
    return (startSec + Math.min(durationSec, (2 * n) / (fromPerSec + root))) * NS.s;
  }

  /** How much is reached at this time after the start. */
  countAt(elapsedNs: number): number {
    const sec = elapsedNs / NS.s;
    const ramps = this.#ramps;
    let at = ramps.length - 1;
    while (at > 0 && sec < ramps[at]!.startSec) at--;
    const ramp = ramps[at];
    if (!ramp) return 0;
    const t = Math.min(Math.max(0, sec - ramp.startSec), ramp.durationSec);
    return ramp.before + ramp.fromPerSec * t + (ramp.slope * t * t) / 2;
  }
}
