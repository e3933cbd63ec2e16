import { crc32 } from 'node:zlib';
import { BatchReader } from '../wire/batch.js';
import type { MessageView } from '../wire/parser.js';
import { emptyStamp } from '../wire/stamp.js';
import { readMessageStamp } from '../wire/stamp-header.js';

/**
 * Called once a stamped event, in stream order, whoever's stamp it is; the events of a batch have the stream sequence
 * of their message, and the CRC-32 of its whole payload. The hot path of reading back.
 */
export type OnStamped = (
  writer: number,
  sequence: number,
  streamSequence: number,
  digest: number,
  dueNs: number,
) => void;

/** Finds the stamps of messages that are read back. */
export class StampTeller {
  readonly #stamp = emptyStamp();
  readonly #batch = new BatchReader();
  readonly #onMessage: OnStamped;

  constructor(onMessage: OnStamped) {
    this.#onMessage = onMessage;
  }

  /** False when the message carries no stamp. */
  tell(view: MessageView, streamSequence: number): boolean {
    const stamp = this.#stamp;
    const digest = crc32(view.buffer.subarray(view.payloadStart, view.payloadEnd));
    if (readMessageStamp(view, stamp)) {
      this.#onMessage(stamp.writer, stamp.sequence, streamSequence, digest, stamp.dueNs);
      return true;
    }
    const batch = this.#batch;
    if (!batch.open(view)) return false;
    while (batch.next()) {
      const { writer, sequence, dueNs } = batch.stamp;
      if (batch.stamped) this.#onMessage(writer, sequence, streamSequence, digest, dueNs);
    }
    return true;
  }
}
