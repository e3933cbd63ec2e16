import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { StormglassError } from '../base/errors.js';
import { writeFailure } from '../base/write-failure.js';
import type { OperationKind } from '../contracts/history.js';
import { ABSENT, encodeColumn } from './encode-column.js';
import {
  BLOCK,
  BLOCK_HEADER_BYTES,
  COLUMN,
  COLUMNS,
  CRC_FROM,
  DELTA_COLUMNS,
  FORMAT,
  FORMAT_VERSION,
  type HistoryHead,
  MAX_BLOCK_OPERATIONS,
  putNumber,
} from './history-format.js';
import type { OperationRow } from './operation-row.js';
import type { SubjectEntry } from './subject-names.js';

export interface HistoryIdentity {
  readonly load: string;
  /** Identifies this thread among all of the run's: 0..65535. */
  readonly writer: number;
  /** The kinds of operation that it may hold. */
  readonly kinds: readonly OperationKind[];
  /** Each of its messages has an id of its own (Nats-Msg-Id). */
  readonly messageIds?: boolean;
  readonly subjects: readonly SubjectEntry[];
}

/** Server texts can carry names and numbers of their own: beyond so many different ones they share an index. */
const MAX_REASONS = 1000;
const MAX_REASON_LENGTH = 200;
const OTHER_REASONS = 'other reasons';

/** Mode, base and first value of a column, at their longest. */
const DIRECTORY_BYTES = COLUMNS.length * (1 + 8 + 8);
const BUFFER_BYTES = BLOCK_HEADER_BYTES + DIRECTORY_BYTES + COLUMNS.length * MAX_BLOCK_OPERATIONS * 8;

const columnOf = (values: readonly Float64Array[], name: keyof typeof COLUMN): Float64Array =>
  values[COLUMN[name]]!;

/**
 * Writes the operations of one writer to disk as they end. An operation takes about fifteen bytes, and none of the
 * garbage collector's time. What was flushed is readable even when the process is killed.
 */
export class HistoryWriter {
  readonly #file: string;
  readonly #fd: number;
  readonly #block = Buffer.allocUnsafe(BUFFER_BYTES);
  /** As they are stored, by COLUMN: what a value is more than another one already. */
  readonly #values = COLUMNS.map(() => new Float64Array(MAX_BLOCK_OPERATIONS));
  readonly #kind = columnOf(this.#values, 'kind');
  readonly #outcome = columnOf(this.#values, 'outcome');
  readonly #sequence = columnOf(this.#values, 'sequence');
  readonly #dueNs = columnOf(this.#values, 'dueNs');
  readonly #sentNs = columnOf(this.#values, 'sentNs');
  readonly #doneNs = columnOf(this.#values, 'doneNs');
  readonly #subject = columnOf(this.#values, 'subject');
  readonly #streamSequence = columnOf(this.#values, 'streamSequence');
  readonly #detail = columnOf(this.#values, 'detail');
  readonly #valueWriter = columnOf(this.#values, 'valueWriter');
  readonly #valueSequence = columnOf(this.#values, 'valueSequence');
  readonly #reason = columnOf(this.#values, 'reason');
  readonly #ends = { directory: 0, data: 0 };
  #count = 0;
  #operations = 0;
  #lastDueNs = 0;
  #lastSequence = 0;
  readonly #reasons = new Map<string, number>();
  #freshReasons: string[] = [];
  #failure: StormglassError | undefined;
  #closed = false;

  /**
   * Creates the file, or replaces it.
   * @throws StormglassError naming the file, when it cannot be written
   */
  static open(file: string, identity: HistoryIdentity): HistoryWriter {
    return new HistoryWriter(file, identity);
  }

  private constructor(file: string, identity: HistoryIdentity) {
    this.#file = file;
    try {
      this.#fd = openSync(file, 'w');
    } catch (error) {
      throw writeFailure(`the history ${file}`, error);
    }
    const { load, writer, kinds, messageIds = false, subjects } = identity;
    const head: HistoryHead = {
      ...{ format: FORMAT, version: FORMAT_VERSION, load, writer, kinds },
      ...(messageIds && { messageIds }),
      subjects,
    };
    try {
      this.#writeJson(BLOCK.head, head, 0);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** How many operations were appended. */
  get operations(): number {
    return this.#operations;
  }

  /** The index of this reason, for a row that is appended next; 0 for ''. */
  reasonIndex(text: string): number {
    if (text === '') return 0;
    const known = this.#reasons.get(text);
    if (known !== undefined) return known;
    const isFull = this.#reasons.size >= MAX_REASONS;
    const name = isFull ? OTHER_REASONS : text.slice(0, MAX_REASON_LENGTH);
    let index = this.#reasons.get(name);
    if (index === undefined) {
      index = this.#reasons.size + 1;
      this.#reasons.set(name, index);
      this.#freshReasons.push(name);
    }
    return index;
  }

  /**
   * Adds one operation that has come to its end; the row can be used again at once. Numbers are whole, from 0 on, but for
   * times, of which the fraction is left out. The hot path.
   * @throws StormglassError naming the file, when it cannot be written
   */
  append(row: OperationRow): void {
    const { sequence, dueNs, sentNs, doneNs, streamSequence, detail, valueSequence } = row;
    const sum = sequence + dueNs + sentNs + doneNs + streamSequence + detail + valueSequence;
    if (!(sum < Number.POSITIVE_INFINITY)) throw new RangeError(`not an operation: ${JSON.stringify(row)}`);
    const i = this.#count;
    const due = Math.floor(dueNs);
    const sent = Math.floor(sentNs);
    this.#kind[i] = row.kind;
    this.#outcome[i] = row.outcome;
    this.#sequence[i] = i === 0 ? sequence : sequence - this.#lastSequence;
    this.#dueNs[i] = i === 0 ? due : due - this.#lastDueNs;
    this.#sentNs[i] = sent > 0 ? sent - due : ABSENT;
    this.#doneNs[i] = doneNs > 0 ? Math.floor(doneNs) - (sent > 0 ? sent : due) : ABSENT;
    this.#subject[i] = row.subject;
    this.#streamSequence[i] = streamSequence > 0 ? streamSequence : ABSENT;
    this.#detail[i] = detail > 0 ? detail : ABSENT;
    this.#valueWriter[i] = row.valueWriter;
    this.#valueSequence[i] = valueSequence >= 0 ? valueSequence : ABSENT;
    this.#reason[i] = row.reason;
    this.#lastSequence = sequence;
    this.#lastDueNs = due;
    this.#operations++;
    this.#count = i + 1;
    if (this.#count === MAX_BLOCK_OPERATIONS) this.flush();
  }

  /**
   * Hands what was appended to the operating system, as one block. Full blocks are written by themselves; call it
   * about once a second for the rest.
   * @throws StormglassError naming the file, when it cannot be written
   */
  flush(): void {
    if (this.#freshReasons.length > 0) {
      this.#writeJson(BLOCK.reasons, this.#freshReasons, this.#freshReasons.length);
      this.#freshReasons = [];
    }
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#write(this.#encode(count), BLOCK.operations, count, 0);
  }

  #encode(count: number): Buffer {
    const block = this.#block;
    const ends = this.#ends;
    ends.directory = BLOCK_HEADER_BYTES;
    // The values move up to the directory when it is known how long that is.
    const dataAt = BLOCK_HEADER_BYTES + DIRECTORY_BYTES;
    ends.data = dataAt;
    for (let column = 0; column < COLUMNS.length; column++) {
      const values = this.#values[column]!;
      const isDelta = DELTA_COLUMNS.has(column);
      if (isDelta) ends.directory = putNumber(block, ends.directory, values[0]!);
      encodeColumn(values, isDelta ? 1 : 0, count, block, ends);
    }
    block.copyWithin(ends.directory, dataAt, ends.data);
    return block.subarray(0, ends.directory + ends.data - dataAt);
  }

  /**
   * Writes the rest and marks the history as complete. Can be called again.
   * @throws StormglassError naming the file, when it cannot be written
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.flush();
      this.#write(Buffer.alloc(BLOCK_HEADER_BYTES), BLOCK.end, 0, this.#operations);
    } finally {
      closeSync(this.#fd);
    }
  }

  #writeJson(kind: number, value: unknown, count: number): void {
    const block = Buffer.concat([Buffer.alloc(BLOCK_HEADER_BYTES), Buffer.from(JSON.stringify(value))]);
    this.#write(block, kind, count, 0);
  }

  #write(block: Buffer, kind: number, count: number, number: number): void {
    // A block after one that was cut short could not be found: the first failure is the last word.
    if (this.#failure) throw this.#failure;
    block.writeUInt32LE(block.length - BLOCK_HEADER_BYTES, 0);
    block.writeUInt32LE(kind, 8);
    block.writeUInt32LE(count, 12);
    block.writeDoubleLE(number, 16);
    block.writeUInt32LE(crc32(block.subarray(CRC_FROM)), 4);
    try {
      for (let written = 0; written < block.length; ) written += writeSync(this.#fd, block, written);
    } catch (error) {
      this.#failure = writeFailure(`the history ${this.#file}`, error);
      throw this.#failure;
    }
  }
}
