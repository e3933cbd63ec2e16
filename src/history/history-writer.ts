import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { codeOf, messageOf, StormglassError } from '../base/errors.js';
import {
  BLOCK,
  BLOCK_HEADER_BYTES,
  CRC_FROM,
  FORMAT,
  FORMAT_VERSION,
  HAS,
  type HistoryHead,
  MAX_BLOCK_OPERATIONS,
  MAX_OPERATION_BYTES,
  putNumber,
  putSigned,
} from './history-format.js';

export interface HistoryIdentity {
  readonly load: string;
  /** Identifies this thread's events among all of the run's: 0..65535. */
  readonly writer: number;
  readonly subjects: readonly string[];
}

/** Server texts can carry names and numbers of their own: beyond so many different ones they share an index. */
const MAX_REASONS = 1000;
const MAX_REASON_LENGTH = 200;
const OTHER_REASONS = 'other reasons';

const BUFFER_BYTES = 256 * 1024;

/**
 * Writes the operations of one writer to disk as they end. An operation takes about fifteen bytes, and none of the
 * garbage collector's time. What was flushed is readable even when the process is killed.
 */
export class HistoryWriter {
  readonly #file: string;
  readonly #fd: number;
  readonly #block = Buffer.allocUnsafe(BUFFER_BYTES);
  #at = BLOCK_HEADER_BYTES;
  #count = 0;
  #operations = 0;
  #baseDueNs = 0;
  #lastDueNs = 0;
  #lastSequence = 0;
  #lastStreamSequence = 0;
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

  private constructor(file: string, { load, writer, subjects }: HistoryIdentity) {
    this.#file = file;
    try {
      this.#fd = openSync(file, 'w');
    } catch (error) {
      throw writeError(file, error);
    }
    const head: HistoryHead = { format: FORMAT, version: FORMAT_VERSION, load, writer, subjects };
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

  /** The index under which `append` takes this reason; 0 for ''. */
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
   * Adds one operation that has come to its end. Times are monotonic nanoseconds, 0 for what it did not come to;
   * `streamSequence` is 0 when no acknowledgement named one; the others are indices. The hot path.
   * @throws StormglassError naming the file, when it cannot be written
   */
  append(
    sequence: number,
    dueNs: number,
    sentNs: number,
    doneNs: number,
    subject: number,
    streamSequence: number,
    outcome: number,
    reason: number,
  ): void {
    if (!(sequence + dueNs + sentNs + doneNs + streamSequence < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`not an operation: ${[sequence, dueNs, sentNs, doneNs, streamSequence]}`);
    }
    const due = Math.floor(dueNs);
    if (this.#count === 0) this.#beginBlock(due);
    const block = this.#block;
    block[this.#at] =
      outcome |
      (sentNs > 0 ? HAS.sent : 0) |
      (doneNs > 0 ? HAS.done : 0) |
      (streamSequence > 0 ? HAS.streamSequence : 0) |
      (reason > 0 ? HAS.reason : 0);
    let at = putSigned(block, this.#at + 1, sequence - this.#lastSequence);
    at = putSigned(block, at, due - this.#lastDueNs);
    if (sentNs > 0) at = putSigned(block, at, Math.floor(sentNs) - due);
    if (doneNs > 0) at = putSigned(block, at, Math.floor(doneNs) - due);
    at = putNumber(block, at, subject);
    if (streamSequence > 0) {
      at = putSigned(block, at, streamSequence - this.#lastStreamSequence);
      this.#lastStreamSequence = streamSequence;
    }
    if (reason > 0) at = putNumber(block, at, reason);
    this.#at = at;
    this.#lastSequence = sequence;
    this.#lastDueNs = due;
    this.#operations++;
    this.#count++;
    if (this.#count === MAX_BLOCK_OPERATIONS || at > BUFFER_BYTES - MAX_OPERATION_BYTES) this.flush();
  }

  #beginBlock(dueNs: number): void {
    this.#at = BLOCK_HEADER_BYTES;
    this.#baseDueNs = dueNs;
    this.#lastDueNs = dueNs;
    this.#lastSequence = 0;
    this.#lastStreamSequence = 0;
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
    const block = this.#block.subarray(0, this.#at);
    const count = this.#count;
    this.#count = 0;
    this.#write(block, BLOCK.operations, count, this.#baseDueNs);
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
      this.#failure = writeError(this.#file, error);
      throw this.#failure;
    }
  }
}

function writeError(file: string, cause: unknown): StormglassError {
  const isFull = codeOf(cause) === 'ENOSPC' || codeOf(cause) === 'EDQUOT';
  return new StormglassError('unexpected', `cannot write the history ${file}: ${messageOf(cause)}`, {
    cause,
    ...(isFull && { hint: 'free some space on that file system, or choose another place with --out' }),
  });
}
