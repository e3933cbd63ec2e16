import { ERROR_REASONS, type ErrorReason } from './events/error-reasons.js';

const COLUMNS = ERROR_REASONS.length;
const COLUMN = Object.fromEntries(ERROR_REASONS.map((reason, column) => [reason, column])) as Record<
  ErrorReason,
  number
>;

/** Events that could not be read, by series and reason. */
export class ErrorCounts {
  readonly #counts: Float64Array;

  constructor(maxSeries: number) {
    this.#counts = new Float64Array(maxSeries * COLUMNS);
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
