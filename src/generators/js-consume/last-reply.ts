import type { MessageView } from '../../wire/parser.js';
import { ACK, type AnswerQueue } from './answer-queue.js';
import type { Delivery } from './answered-deliveries.js';

/** The reply subject of the last delivery of a consumer, which is answered for all before it. */
export class LastReply {
  #bytes = Buffer.allocUnsafeSlow(128);
  #length = 0;
  readonly #delivery: Delivery = { streamSequence: 0, delivered: 0, consumer: 0 };

  /** Takes the bytes with it: those of a message live only as long as it is handed out. */
  keep({ buffer, replyStart, replyEnd }: MessageView, delivery: Delivery): void {
    const length = replyEnd - replyStart;
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(2 * length);
    const into = this.#bytes;
    for (let i = 0; i < length; i++) into[i] = buffer[replyStart + i]!;
    this.#length = length;
    this.#delivery.streamSequence = delivery.streamSequence;
    this.#delivery.delivered = delivery.delivered;
    this.#delivery.consumer = delivery.consumer;
  }

  /** Has the delivery acknowledged that was kept since the last call; false when there was none. */
  answer(answers: AnswerQueue, dueNs: number): boolean {
    if (this.#length === 0) return false;
    answers.add(this.#bytes, 0, this.#length, ACK, dueNs, this.#delivery);
    this.#length = 0;
    return true;
  }
}
