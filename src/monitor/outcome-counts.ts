import type { EventReading } from '../contracts/event-reading.js';
import { OutcomeWords } from './events/outcome-words.js';

const UNASKED = -2;

/**
 * Events by the outcome that they tell. What a type's name tells holds of all of its events that do not tell it otherwise, so
 * that only the latter are counted.
 */
export class OutcomeCounts {
  readonly words: OutcomeWords;
  readonly #types: readonly string[];
  /** By series; UNASKED until somebody asks. */
  readonly #ofType: Int8Array;
  /** Events that told themselves: by series and outcome, and by series. */
  readonly #told: Float64Array;
  readonly #toldInAll: Float64Array;

  /** @param types the names of the series' types, which grows */
  constructor(reading: Pick<EventReading, 'outcomes'>, types: readonly string[], maxSeries: number) {
    this.words = new OutcomeWords(reading);
    this.#types = types;
    this.#ofType = new Int8Array(maxSeries).fill(UNASKED);
    this.#told = new Float64Array(maxSeries * this.words.names.length);
    this.#toldInAll = new Float64Array(maxSeries);
  }

  /** What the type of a series tells; −1 for nothing. */
  ofType(series: number): number {
    const known = this.#ofType[series]!;
    if (known !== UNASKED) return known;
    const found = this.words.ofType(this.#types[series]!);
    this.#ofType[series] = found;
    return found;
  }

  /** One event that told its outcome itself. The hot path. */
  count(series: number, outcome: number): void {
    this.#told[series * this.words.names.length + outcome]!++;
    this.#toldInAll[series]!++;
  }

  /** How many of `events` events of a series had an outcome. */
  of(series: number, outcome: number, events: number): number {
    const told = this.#told[series * this.words.names.length + outcome]!;
    return this.ofType(series) === outcome ? told + events - this.#toldInAll[series]! : told;
  }
}
