import { NS } from '../../base/clock.js';
import { freshId } from '../../base/ids.js';
import type { AckReply } from '../../nats/ack-reply.js';
import { encodePull, pullNews, pullSubject } from '../../nats/pull.js';
import { readStatus } from '../../nats/status-header.js';
import type { WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import type { NoticeBook } from '../notice-book.js';

export interface PullReaderOptions {
  readonly connection: WireConnection;
  readonly notices: NoticeBook;
  readonly stream: string;
  /** Most messages asked for and not yet delivered. */
  readonly batch: number;
  /** More is asked for when so few of them are left. */
  readonly threshold: number;
  readonly expiresNs: number;
  readonly heartbeatNs: number;
}

/** Without a word for so many heartbeats, a pull request is taken for lost. */
const SILENT_HEARTBEATS = 2.5;
/** Before an order that was turned down is given again. */
const RETRY_NS = 200 * NS.ms;

/** One consumer as one worker pulls from it: keeps pull requests out, and makes them again when they are lost. */
export class PullReader {
  /** Of the subscription that deliveries come to; 0 while there is none. */
  sid = 0;
  /** Messages that the consumer has not delivered yet, as it last said. */
  pending = 0;
  /** Delivered and not acknowledged, as the server last said. */
  unacknowledged = 0;
  /** When the consumer had nothing left to deliver for the first time, monotonic; 0 until then. */
  caughtUpNs = 0;
  /** How many deliveries were read. */
  taken = 0;
  /** Greatest stream sequence of a first delivery. */
  protected highest = 0;
  protected readonly options: PullReaderOptions;
  protected newsNs = 0;
  protected retryNs = 0;
  #outstanding = 0;
  #subject = '';
  #inbox = '';

  constructor(
    options: PullReaderOptions,
    public consumer: string,
  ) {
    this.options = options;
  }

  /** Messages asked for and not yet delivered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Whether there is a consumer to pull from. */
  get isReady(): boolean {
    return this.sid !== 0;
  }

  /** Subscribes for the deliveries of the consumer; nothing is asked for yet. */
  listen(): void {
    const { connection, stream } = this.options;
    this.#subject = pullSubject(stream, this.consumer);
    this.#inbox = `_INBOX.${freshId()}${freshId()}`;
    this.sid = connection.subscribe(this.#inbox);
    this.#outstanding = 0;
  }

  /** What still comes for this consumer is not read any more. */
  stop(): void {
    if (this.sid !== 0) this.options.connection.unsubscribe(this.sid);
    this.sid = 0;
    this.#outstanding = 0;
  }

  /** Asks for more, at most `room`, when few enough are left of what was asked for; returns how many it asked for. */
  pull(room: number, nowNs: number): number {
    const { connection, batch, threshold, expiresNs, heartbeatNs } = this.options;
    if (this.#outstanding > threshold || !this.isReady || nowNs < this.retryNs || !connection.connected)
      return 0;
    const messages = Math.min(batch - this.#outstanding, room);
    if (messages <= 0) return 0;
    if (this.#outstanding === 0) this.newsNs = nowNs;
    this.#outstanding += messages;
    connection.publish(this.#subject, encodePull({ messages, expiresNs, heartbeatNs }), this.#inbox);
    return messages;
  }

  /** A delivery of this consumer; false when it must not be used. The hot path. */
  take(ack: AckReply, readNs: number): boolean {
    this.newsNs = readNs;
    this.taken++;
    if (this.#outstanding > 0) this.#outstanding--;
    this.pending = ack.pending;
    if (ack.pending === 0 && this.caughtUpNs === 0) this.caughtUpNs = readNs;
    return true;
  }

  /** A message was delivered for the first time; false when it, or one behind it, was before. The hot path. */
  advance(streamSequence: number): boolean {
    if (streamSequence <= this.highest) return false;
    this.highest = streamSequence;
    return true;
  }

  /** A message to this consumer's subscription that is no delivery. */
  onStatus(view: MessageView, readNs: number): void {
    const status = readStatus(view);
    if (!status) return;
    this.newsNs = readNs;
    switch (pullNews(status)) {
      case 'alive':
        return;
      case 'ended':
        // A pull that does not say how much was left of it was all there is of it.
        this.#outstanding = Math.max(0, this.#outstanding - (status.undelivered || this.#outstanding));
        return;
      default:
        this.lose(`pull request: ${status.code} ${status.text.replace(/\d+/g, 'N')}`.trim(), readNs);
    }
  }

  /** Nothing can be said of what was asked for any more: it is asked for again. */
  lose(reason: string, nowNs: number): void {
    this.options.notices.add('operation-error', reason);
    this.#outstanding = 0;
    this.retryNs = nowNs + RETRY_NS;
  }

  onDisconnected(): void {
    this.#outstanding = 0;
  }

  /** Called many times a second: sees that a consumer has fallen silent. What had come by `readByNs` has been read. */
  tend(nowNs: number, readByNs: number): void {
    const { heartbeatNs, connection } = this.options;
    if (this.#outstanding === 0 || !connection.connected) return;
    if (readByNs - this.newsNs > SILENT_HEARTBEATS * heartbeatNs) {
      this.lose('a pull request without a message or a heartbeat', nowNs);
    }
  }
}
