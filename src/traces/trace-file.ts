import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf } from '../base/errors.js';
import type { Span } from '../contracts/trace.js';
import type { TroubleBook } from './trouble-book.js';

/** traces.ndjson: each batch of spans a line, with the operating system when `add` returns: a run that is killed leaves them. */
export class TraceFile {
  readonly #fd: number;
  readonly #encode: (spans: readonly Span[]) => string;
  readonly #troubles: TroubleBook;
  #isOpen = true;

  constructor(file: string, encode: (spans: readonly Span[]) => string, troubles: TroubleBook) {
    this.#fd = openSync(file, 'a');
    this.#encode = encode;
    this.#troubles = troubles;
  }

  add(spans: readonly Span[]): void {
    if (spans.length === 0 || !this.#isOpen) return;
    try {
      const bytes = Buffer.from(`${this.#encode(spans)}\n`);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#troubles.add(`spans not written to traces.ndjson: ${messageOf(error)}`, spans.length);
    }
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}
