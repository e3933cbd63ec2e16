import type { MessageView } from './parser.js';
import { emptyStamp, readStampAt, STAMP_BYTES, type Stamp } from './stamp.js';

/**
 * Several events in one message, all of its subject. Big endian:
 *
 *     0       1     2..3   then, for each event
 *     0xC1    0x02  count  stamp (16 bytes, see stamp.ts), length of the body (4 bytes), the body
 *
 * The second byte stands where a stamp has its version: no payload is both. An event that is nothing but its stamp has
 * a body of no bytes; what else the event would carry as a message of its own, behind its stamp or with its stamp in a
 * header, is its body.
 */
export const BATCH_HEADER_BYTES = 4;
/** What an event takes in a batch beside its body: its stamp and the body's length. */
export const BATCH_ENTRY_BYTES = STAMP_BYTES + 4;
export const MAX_BATCH_EVENTS = 0xffff;

const MAGIC = 0xc1;
const BATCH = 2;

/** Writes the beginning of a batch of `count` events, 1 to 65,535, at `at`; the count is not checked. */
export function writeBatchHeader(bytes: Uint8Array, at: number, count: number): void {
  bytes[at] = MAGIC;
  bytes[at + 1] = BATCH;
  bytes[at + 2] = count >>> 8;
  bytes[at + 3] = count;
}

/** Writes the length of the body of the event whose entry begins at `at`: its stamp is written there by `writeStamp`. */
export function writeBodyLength(bytes: Uint8Array, at: number, bodyBytes: number): void {
  bytes[at + STAMP_BYTES] = bodyBytes >>> 24;
  bytes[at + STAMP_BYTES + 1] = bodyBytes >>> 16;
  bytes[at + STAMP_BYTES + 2] = bodyBytes >>> 8;
  bytes[at + STAMP_BYTES + 3] = bodyBytes;
}

/** Whether the payload says that it is a batch. Whether it is one, `BatchReader.open` knows. */
export function isBatch({ buffer, payloadStart, payloadEnd }: MessageView): boolean {
  return (
    payloadEnd - payloadStart >= BATCH_HEADER_BYTES &&
    buffer[payloadStart] === MAGIC &&
    buffer[payloadStart + 1] === BATCH
  );
}

/**
 * Goes through the events of a batch; one reader serves for any number of batches, and allocates nothing:
 *
 *     if (reader.open(view)) while (reader.next()) { … reader.stamp … }
 */
export class BatchReader {
  /** Of the event that `next` came to. What it holds is of use only when `stamped`. */
  readonly stamp: Stamp = emptyStamp();
  /** Whether the event that `next` came to carries a stamp of ours; else somebody changed its bytes. */
  stamped = false;
  /** Where its body stands in the buffer of the view. */
  bodyStart = 0;
  bodyEnd = 0;
  /** Events of the batch that is open. */
  count = 0;
  #data = new DataView(new ArrayBuffer(0)) as DataView;
  #dataStart = 0;
  #left = 0;

  /**
   * Begins with the payload of a message. False, and nothing to read, unless it is a batch of at least one event whose
   * lengths fill it exactly: not one event of a batch that was cut or lies is handed out.
   */
  open(view: MessageView): boolean {
    this.#left = 0;
    this.count = 0;
    if (!isBatch(view)) return false;
    const { data, dataStart, payloadStart } = view;
    const end = dataStart + view.payloadEnd;
    const count = data.getUint16(dataStart + payloadStart + 2);
    let at = dataStart + payloadStart + BATCH_HEADER_BYTES;
    for (let i = 0; i < count; i++) {
      if (at + BATCH_ENTRY_BYTES > end) return false;
      at += BATCH_ENTRY_BYTES + data.getUint32(at + STAMP_BYTES);
    }
    if (count === 0 || at !== end) return false;
    this.#data = data;
    this.#dataStart = dataStart;
    this.bodyEnd = payloadStart + BATCH_HEADER_BYTES;
    this.#left = count;
    this.count = count;
    return true;
  }

  /** Comes to the next event; false when there is none. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const at = this.#dataStart + this.bodyEnd;
    this.bodyStart = this.bodyEnd + BATCH_ENTRY_BYTES;
    this.bodyEnd = this.bodyStart + this.#data.getUint32(at + STAMP_BYTES);
    this.stamped = readStampAt(this.#data, at, this.stamp);
    return true;
  }
}
