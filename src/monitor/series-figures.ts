const EVENTS = 0;
const MESSAGES = 1;
const BYTES = 2;
const LAST_SEEN = 3;
const COLUMNS = 4;

/** What is counted of each series: side by side, since an event changes all of it. */
export class SeriesFigures {
  readonly #cells: Float64Array;

  constructor(maxSeries: number) {
    this.#cells = new Float64Array(maxSeries * COLUMNS);
  }

  /** A message, whatever it carries. The hot path. */
  onMessage(series: number, bytes: number, unixMs: number): void {
    const at = series * COLUMNS;
    const cells = this.#cells;
    cells[at + MESSAGES]!++;
    cells[at + BYTES]! += bytes;
    cells[at + LAST_SEEN] = unixMs;
  }

  addEvents(series: number, events: number): void {
    this.#cells[series * COLUMNS + EVENTS]! += events;
  }

  events(series: number): number {
    return this.#cells[series * COLUMNS + EVENTS]!;
  }

  messages(series: number): number {
    return this.#cells[series * COLUMNS + MESSAGES]!;
  }

  /** Of payloads, without headers. */
  bytes(series: number): number {
    return this.#cells[series * COLUMNS + BYTES]!;
  }

  /** Unix time when the last message came, by the clock as it was then; 0 for never. */
  lastSeenMs(series: number): number {
    return this.#cells[series * COLUMNS + LAST_SEEN]!;
  }

  /** Of all series. */
  get totalEvents(): number {
    let sum = 0;
    for (let at = EVENTS; at < this.#cells.length; at += COLUMNS) sum += this.#cells[at]!;
    return sum;
  }
}
