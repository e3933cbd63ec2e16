import { closeSync, openSync, readSync } from 'node:fs';
import { RecordError } from './record-error.js';

const CHUNK_BYTES = 64 * 1024;
/** No server takes a message as long as this. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** A place in a file from which reading can go on. */
export interface FilePlace {
  readonly offset: number;
  readonly line: number;
}

/**
 * The lines of a file, one after the other, however large it is: of it all, a chunk and the line at hand are in memory.
 * A line is read where it lies: `bytes` from `start` to `end`, until the next call. Empty lines are passed over.
 */
export class LineReader {
  bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  start = 0;
  end = 0;
  /** Of the line at hand, counted from 1: where it begins. */
  line = 0;
  readonly #fd: number;
  readonly #isQuoted: boolean;
  /** What was read and not yet handed out lies in [#next, #filled). */
  #next = 0;
  #filled = 0;
  #nextLine = 1;
  /** Offset in the file of `bytes[#filled]`. */
  #offset = 0;
  #isAtEnd = false;

  /**
   * Opens the file; throws what `openSync` throws.
   *
   * @param isQuoted a line that ends between two quotes (") goes on, as in CSV
   */
  constructor(path: string, isQuoted: boolean) {
    this.#fd = openSync(path, 'r');
    this.#isQuoted = isQuoted;
    try {
      this.goTo({ offset: 0, line: 1 });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Comes to the next line that is not empty; false at the end of the file. Throws a RecordError. */
  next(): boolean {
    for (;;) {
      const lineEnd = this.#findEnd();
      if (lineEnd < 0) return false;
      this.start = this.#next;
      this.end = lineEnd > this.start && this.bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      this.#next = Math.min(this.#filled, lineEnd + 1);
      if (this.end > this.start) return true;
    }
  }

  /** Where the line after the one at hand begins. */
  get place(): FilePlace {
    return { offset: this.#offset - (this.#filled - this.#next), line: this.#nextLine };
  }

  /** Goes on reading there. */
  goTo({ offset, line }: FilePlace): void {
    this.#next = 0;
    this.#filled = 0;
    this.#offset = offset;
    this.#nextLine = line;
    this.#isAtEnd = false;
    if (offset > 0) return;
    this.#readMore();
    if (this.#filled >= BOM.length && this.bytes.subarray(0, BOM.length).equals(BOM)) this.#next = BOM.length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Where the line that begins at `#next` ends; −1 when there is none. */
  #findEnd(): number {
    this.line = this.#nextLine;
    let searched = 0;
    let isInQuotes = false;
    for (;;) {
      let at = this.#next + searched;
      if (!this.#isQuoted) at = this.#lineFeedFrom(at);
      for (; at < this.#filled; at++) {
        const byte = this.bytes[at]!;
        if (byte === LF) {
          this.#nextLine++;
          if (!isInQuotes) return at;
        } else if (byte === QUOTE && this.#isQuoted) isInQuotes = !isInQuotes;
      }
      if (this.#isAtEnd) {
        if (isInQuotes) throw new RecordError(this.line, 'a quote (") that is opened here is never closed');
        return this.#next === this.#filled ? -1 : this.#filled;
      }
      searched = this.#filled - this.#next;
      this.#readMore();
    }
  }

  #lineFeedFrom(at: number): number {
    const found = this.bytes.indexOf(LF, at);
    return found < 0 ? this.#filled : Math.min(found, this.#filled);
  }

  /** Reads on behind what is there, which moves to the beginning. */
  #readMore(): void {
    const kept = this.#filled - this.#next;
    if (kept === this.bytes.length) {
      if (kept >= MAX_LINE_BYTES) {
        throw new RecordError(this.line, 'this line is longer than 64 MiB, which no server takes');
      }
      const larger = Buffer.allocUnsafeSlow(2 * kept);
      this.bytes.copy(larger, 0, this.#next, this.#filled);
      this.bytes = larger;
    } else {
      this.bytes.copyWithin(0, this.#next, this.#filled);
    }
    const read = readSync(this.#fd, this.bytes, kept, this.bytes.length - kept, this.#offset);
    this.#next = 0;
    this.#filled = kept + read;
    this.#offset += read;
    this.#isAtEnd = read === 0;
  }
}
