import { ERROR_REASONS, type ErrorReason } from './events/error-reasons.js';

const COLUMNS = ERROR_REASONS.length;
const COLUMN = Object.fromEntries(ERROR_REASONS.map((reason, column) => [reason, column])) as Record<
  ErrorReason,
  number
>;

/** So many series show from the beginning that they have no errors; of more, that would be too much of nothing. */
const MOST_AT_ZERO = 1000;

/** Events that could not be read, by series and reason. */
export class ErrorCounts {
  readonly #counts: Float64Array;
  readonly #possible: ReadonlySet<ErrorReason>;

  /** @param possible what can be wrong with an event, as far as events are read at all */
  constructor(maxSeries: number, possible: Iterable<ErrorReason> = ERROR_REASONS) {
    this.#counts = new Float64Array(maxSeries * COLUMNS);
    this.#possible = new Set(possible);
  }

  /** Whether a figure is worth showing: one that begins with what it counts first has no rate that tells of that. */
  isShown(series: number, reason: ErrorReason): boolean {
    return (series > 0 && series < MOST_AT_ZERO && this.#possible.has(reason)) || this.of(series, reason) > 0;
  }

  count(series: number, reason: ErrorReason): void {
    this.#counts[series * COLUMNS + COLUMN[reason]]!++;
  }

  of(series: number, reason: ErrorReason): number {
    return this.#counts[series * COLUMNS + COLUMN[reason]]!;
  }

  /** Of all series. */
  total(reason: ErrorReason): number {
    let sum = 0;
    for (let at = COLUMN[reason]; at < this.#counts.length; at += COLUMNS) sum += this.#counts[at]!;
    return sum;
  }
}
