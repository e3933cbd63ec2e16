import type { OperationBlock } from '../contracts/history.js';
import { NO_STAMP } from '../contracts/history.js';
import { decodeColumn, decodeSmallColumn } from './decode-column.js';
import { ABSENT, MODE } from './encode-column.js';
import {
  COLUMN,
  COLUMNS,
  DELTA_COLUMNS,
  MAX_BLOCK_OPERATIONS,
  numberAt,
  numberEnd,
} from './history-format.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * The block that is read, one after another into the same arrays. A column is decoded when it is looked at for the first
 * time: who needs four of the twelve does not pay for the others.
 */
export class OperationColumns implements OperationBlock {
  count = 0;
  #bytes: Buffer = NO_BYTES;
  /** A bit a column: it is decoded. */
  #decoded = 0;
  readonly #mode = new Uint8Array(COLUMNS.length);
  readonly #base = new Float64Array(COLUMNS.length);
  readonly #first = new Float64Array(COLUMNS.length);
  readonly #at = new Uint32Array(COLUMNS.length);
  #room = 0;
  #kind = new Uint8Array(0);
  #outcome = new Uint8Array(0);
  #sequence = new Float64Array(0);
  #dueNs = new Float64Array(0);
  #sentNs = new Float64Array(0);
  #doneNs = new Float64Array(0);
  #subject = new Uint32Array(0);
  #streamSequence = new Float64Array(0);
  #detail = new Float64Array(0);
  #valueWriter = new Uint16Array(0);
  #valueSequence = new Float64Array(0);
  #reason = new Uint16Array(0);

  /** Takes the payload of another block, which must stay as it is until the next; false when it is none. */
  take(bytes: Buffer, count: number): boolean {
    this.#bytes = bytes;
    this.#decoded = 0;
    this.count = count;
    let at = 0;
    for (let column = 0; column < COLUMNS.length; column++) {
      if (DELTA_COLUMNS.has(column)) {
        this.#first[column] = numberAt(bytes, at);
        at = numberEnd(bytes, at);
      }
      const mode = bytes[at++] as number;
      const base = numberAt(bytes, at);
      at = numberEnd(bytes, at);
      this.#mode[column] = mode;
      this.#base[column] = mode & MODE.isBaseNegative ? -base : base;
    }
    for (let column = 0; column < COLUMNS.length; column++) {
      this.#at[column] = at;
      at += (this.#mode[column]! & MODE.width) * (DELTA_COLUMNS.has(column) ? count - 1 : count);
    }
    if (count > this.#room) this.#makeRoom(Math.max(count, MAX_BLOCK_OPERATIONS));
    return at === bytes.length;
  }

  #makeRoom(room: number): void {
    this.#room = room;
    this.#kind = new Uint8Array(room);
    this.#outcome = new Uint8Array(room);
    this.#sequence = new Float64Array(room);
    this.#dueNs = new Float64Array(room);
    this.#sentNs = new Float64Array(room);
    this.#doneNs = new Float64Array(room);
    this.#subject = new Uint32Array(room);
    this.#streamSequence = new Float64Array(room);
    this.#detail = new Float64Array(room);
    this.#valueWriter = new Uint16Array(room);
    this.#valueSequence = new Float64Array(room);
    this.#reason = new Uint16Array(room);
  }

  get kind(): Uint8Array {
    if (this.#isFresh(COLUMN.kind)) this.#decodeSmall(COLUMN.kind, this.#kind);
    return this.#kind;
  }

  get outcome(): Uint8Array {
    if (this.#isFresh(COLUMN.outcome)) this.#decodeSmall(COLUMN.outcome, this.#outcome);
    return this.#outcome;
  }

  get subject(): Uint32Array {
    if (this.#isFresh(COLUMN.subject)) this.#decodeSmall(COLUMN.subject, this.#subject);
    return this.#subject;
  }

  get valueWriter(): Uint16Array {
    if (this.#isFresh(COLUMN.valueWriter)) this.#decodeSmall(COLUMN.valueWriter, this.#valueWriter);
    return this.#valueWriter;
  }

  get reason(): Uint16Array {
    if (this.#isFresh(COLUMN.reason)) this.#decodeSmall(COLUMN.reason, this.#reason);
    return this.#reason;
  }

  get sequence(): Float64Array {
    if (this.#isFresh(COLUMN.sequence)) this.#decodeDeltas(COLUMN.sequence, this.#sequence);
    return this.#sequence;
  }

  get dueNs(): Float64Array {
    if (this.#isFresh(COLUMN.dueNs)) this.#decodeDeltas(COLUMN.dueNs, this.#dueNs);
    return this.#dueNs;
  }

  get sentNs(): Float64Array {
    const into = this.#sentNs;
    if (this.#isFresh(COLUMN.sentNs)) {
      const { dueNs, count } = this;
      if (!this.#decode(COLUMN.sentNs, into)) for (let i = 0; i < count; i++) into[i] = into[i]! + dueNs[i]!;
      else for (let i = 0; i < count; i++) into[i] = into[i] === ABSENT ? 0 : into[i]! + dueNs[i]!;
    }
    return into;
  }

  get doneNs(): Float64Array {
    const into = this.#doneNs;
    if (this.#isFresh(COLUMN.doneNs)) {
      const { dueNs, sentNs, count } = this;
      this.#decode(COLUMN.doneNs, into);
      for (let i = 0; i < count; i++) {
        const sent = sentNs[i]!;
        into[i] = into[i] === ABSENT ? 0 : into[i]! + (sent === 0 ? dueNs[i]! : sent);
      }
    }
    return into;
  }

  get streamSequence(): Float64Array {
    if (this.#isFresh(COLUMN.streamSequence))
      this.#decodeSparse(COLUMN.streamSequence, this.#streamSequence, 0);
    return this.#streamSequence;
  }

  get detail(): Float64Array {
    if (this.#isFresh(COLUMN.detail)) this.#decodeSparse(COLUMN.detail, this.#detail, 0);
    return this.#detail;
  }

  get valueSequence(): Float64Array {
    if (this.#isFresh(COLUMN.valueSequence)) {
      this.#decodeSparse(COLUMN.valueSequence, this.#valueSequence, NO_STAMP);
    }
    return this.#valueSequence;
  }

  #isFresh(column: number): boolean {
    const bit = 1 << column;
    if (this.#decoded & bit) return false;
    this.#decoded |= bit;
    return true;
  }

  #layoutOf(column: number) {
    return {
      bytes: this.#bytes,
      mode: this.#mode[column]!,
      base: this.#base[column]!,
      at: this.#at[column]!,
    };
  }

  /** True when some are absent. */
  #decode(column: number, into: Float64Array): boolean {
    return decodeColumn(this.#layoutOf(column), into, 0, this.count);
  }

  #decodeSmall(column: number, into: Uint8Array | Uint16Array | Uint32Array): void {
    decodeSmallColumn(this.#layoutOf(column), into, this.count);
  }

  #decodeSparse(column: number, into: Float64Array, absent: number): void {
    const { count } = this;
    if (!this.#decode(column, into)) return;
    for (let i = 0; i < count; i++) if (into[i] === ABSENT) into[i] = absent;
  }

  #decodeDeltas(column: number, into: Float64Array): void {
    const { count } = this;
    decodeColumn(this.#layoutOf(column), into, 1, count - 1);
    let value = this.#first[column]!;
    into[0] = value;
    for (let i = 1; i < count; i++) {
      value += into[i]!;
      into[i] = value;
    }
  }
}
