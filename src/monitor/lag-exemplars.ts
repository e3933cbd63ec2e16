import { wallTimeOf } from '../base/clock.js';
import { NS } from '../base/nanoseconds.js';
import type { MetricExemplar } from '../contracts/metric.js';
import { TRACE_ID_DIGITS } from '../wire/read-traceparent.js';

/** For each bucket of each row a traced event that was in it lately. Takes no memory before the first. */
export class LagExemplars {
  readonly #rows: number;
  readonly #columns: number;
  /** The digits of trace ids, as they stand. */
  #traces = new Uint8Array(0);
  #lagsNs = new Float64Array(0);
  /** Monotonic; 0 for none. */
  #seenNs = new Float64Array(0);
  /** By the wall clock, as it was told first; 0 for not yet. Told anew by a clock that was set back it would be out of order. */
  #toldMs = new Float64Array(0);

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
  }

  /** Keeps the event whose trace id's digits stand at `traceStart`. */
  keep(
    row: number,
    column: number,
    lagNs: number,
    seenNs: number,
    buffer: Uint8Array,
    traceStart: number,
  ): void {
    if (this.#traces.length === 0) {
      const cells = this.#rows * this.#columns;
      this.#traces = new Uint8Array(cells * TRACE_ID_DIGITS);
      this.#lagsNs = new Float64Array(cells);
      this.#seenNs = new Float64Array(cells);
      this.#toldMs = new Float64Array(cells);
    }
    const cell = row * this.#columns + column;
    const at = cell * TRACE_ID_DIGITS;
    for (let i = 0; i < TRACE_ID_DIGITS; i++) this.#traces[at + i] = buffer[traceStart + i]!;
    this.#lagsNs[cell] = lagNs;
    this.#seenNs[cell] = seenNs;
    this.#toldMs[cell] = 0;
  }

  of(row: number, column: number): MetricExemplar | undefined {
    const cell = row * this.#columns + column;
    const seenNs = this.#seenNs[cell] ?? 0;
    if (seenNs === 0) return undefined;
    if (this.#toldMs[cell] === 0) this.#toldMs[cell] = wallTimeOf(seenNs).getTime();
    const at = cell * TRACE_ID_DIGITS;
    return {
      traceId: Buffer.from(this.#traces.subarray(at, at + TRACE_ID_DIGITS)).toString('latin1'),
      value: this.#lagsNs[cell]! / NS.s,
      timestampSeconds: this.#toldMs[cell]! / 1000,
    };
  }
}
