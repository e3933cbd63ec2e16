import { NS, nowNs } from '../base/clock.js';
import type { WriterHistory } from '../contracts/history.js';

/** A history has the same time as the stamp: more than rounding, and less than what lies between two runs' beginnings. */
const TOLERANCE_MS = 10;
const NONE = 2 ** 32 - 1;

/** One writer's operations: when they were due, in whole milliseconds after the first of them that any writer has. */
interface Dues {
  readonly ofSequence: Uint32Array;
  /** Somebody else was seen to use its number. */
  isShared: boolean;
}

/**
 * Tells a run's own stamps from those of another run whose writers happen to have the same numbers: their events were due at
 * other times. Four bytes an operation.
 */
export class OwnStamps {
  readonly #ofWriter: (Dues | undefined)[] = [];
  readonly #beganNs: number;
  /** What is due later than this none of them has sent. */
  readonly #endedNs = nowNs();

  /** To be made when all of them have come to their end. */
  constructor(writers: readonly WriterHistory[]) {
    let beganNs = Number.POSITIVE_INFINITY;
    const highest = writers.map(() => -1);
    for (const [w, writer] of writers.entries()) {
      for (const { count, sequence, dueNs } of writer.blocks()) {
        for (let i = 0; i < count; i++) {
          if (dueNs[i]! < beganNs) beganNs = dueNs[i]!;
          if (sequence[i]! < NONE && sequence[i]! > highest[w]!) highest[w] = sequence[i]!;
        }
      }
    }
    this.#beganNs = Number.isFinite(beganNs) ? beganNs : Number.NEGATIVE_INFINITY;
    for (const [w, writer] of writers.entries()) {
      const ofSequence = new Uint32Array(highest[w]! + 1).fill(NONE);
      for (const { count, sequence, dueNs } of writer.blocks()) {
        for (let i = 0; i < count; i++) {
          if (sequence[i]! < NONE) ofSequence[sequence[i]!] = Math.floor((dueNs[i]! - beganNs) / NS.ms);
        }
      }
      this.#ofWriter[writer.writer] = { ofSequence, isShared: false };
    }
  }

  /**
   * False for a stamp with the number of one of our writers that another run has made. Of writers without a history
   * nothing is known: theirs pass. The hot path of reading back.
   */
  accept(writer: number, sequence: number, dueNs: number): boolean {
    const dues = this.#ofWriter[writer];
    if (dues === undefined) return true;
    const dueMs = (dueNs - this.#beganNs) / NS.ms;
    const known = sequence < dues.ofSequence.length ? dues.ofSequence[sequence]! : NONE;
    // What no history has may have been sent all the same, once the run had begun, and must then be told.
    const isOurs =
      known === NONE
        ? dueMs >= -TOLERANCE_MS && dueNs <= this.#endedNs && !dues.isShared
        : Math.abs(dueMs - known) <= TOLERANCE_MS;
    if (!isOurs) dues.isShared = true;
    return isOurs;
  }
}
