import { crc32 } from 'node:zlib';
import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import type { ServerAccess } from '../contracts/load.js';
import { BatchReader } from '../wire/batch.js';
import { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { emptyStamp } from '../wire/stamp.js';
import { readMessageStamp } from '../wire/stamp-header.js';
import { emptyAckReply, readAckReply } from './ack-reply.js';
import { encodePull, pullNews, pullSubject } from './pull.js';
import { readStatus } from './status-header.js';
import { ApiError, WireApi } from './wire-api.js';

export interface StreamReadOptions {
  readonly access: ServerAccess;
  readonly stream: string;
  /** The first and the last stream sequence to read. Nothing is read when the last lies before the first. */
  readonly fromSequence: number;
  readonly throughSequence: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /**
   * Called once a stamped event, in stream order, whoever's stamp it is; the events of a batch have the stream
   * sequence of their message, and the CRC-32 of its whole payload. The hot path.
   */
  readonly onMessage: (writer: number, sequence: number, streamSequence: number, digest: number) => void;
}

export interface StreamReadEnd {
  /** True when everything that the stream holds up to `throughSequence` was read. */
  readonly complete: boolean;
  /** Why not. */
  readonly gaveUp?: string;
  /** The last stream sequence that was read; `fromSequence` − 1 when none was. */
  readonly lastSequence: number;
  /** Messages that carry no stamp, in their payload, a header or a batch. */
  readonly foreign: number;
}

/** The consumers that streams are read back with are called so, and then by an id. */
export const READ_CONSUMER = 'stormglass-read-';

const PULL_MESSAGES = 10_000;
/** Two pulls are out at a time, and a server drops a client that is 64 MiB behind. */
const PULL_BYTES = 12 * 1024 * 1024;
const PULL_EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 1000;
/** Neither a message nor a heartbeat for this long: the consumer, or the way to it, is gone. */
const SILENCE_MS = 3500;
const API_MS = 3000;
const REMOVE_MS = 1000;
const RETRY_MS = 200;
const NO_MESSAGE_FOUND = 10037;

/**
 * Reads a stretch of a stream as fast as the server sends it, through a consumer of its own: one replica, in memory,
 * nothing to acknowledge. When messages are missing on the way, or the consumer or the connection is lost, it goes on
 * with a new consumer after the last message read. What goes wrong is told in the result; it does not reject.
 */
export async function readStream(options: StreamReadOptions): Promise<StreamReadEnd> {
  return await new StreamReading(options).run();
}

type ConsumerEnd =
  | { readonly end: 'complete' | 'drained' }
  | { readonly end: 'lost'; readonly reason: string };

class StreamReading {
  readonly #options: StreamReadOptions;
  readonly #wire: WireConnection;
  readonly #api: WireApi;
  readonly #deadlineNs: number;
  readonly #stamp = emptyStamp();
  readonly #batch = new BatchReader();
  readonly #ack = emptyAckReply();
  #lastSequence: number;
  #foreign = 0;
  /** The trouble met last, for the sentence that says why the read gave up. */
  #trouble = '';
  #lastNewsNs = 0;
  // Of the consumer in use; its sid is 0 while there is none, and what still comes for another one is ignored.
  #consumer = '';
  #sid = 0;
  #pullSubject = '';
  #pullInbox = '';
  #consumerSequence = 0;
  /** Messages asked for and not yet delivered. */
  #outstanding = 0;
  #finish: ((end: ConsumerEnd) => void) | undefined;

  constructor(options: StreamReadOptions) {
    this.#options = options;
    this.#lastSequence = Math.max(1, options.fromSequence) - 1;
    this.#deadlineNs = nowNs() + options.timeoutMs * NS.ms;
    this.#wire = new WireConnection(
      { access: options.access, name: 'stormglass-reader', pingEveryMs: 2000 },
      {
        onMessage: (view) => this.#onMessage(view),
        onReadStart: () => {
          this.#lastNewsNs = nowNs();
        },
        onReadEnd: () => this.#pull(),
        onDisconnected: (reason) => this.#lose(`connection lost: ${reason}`),
      },
    );
    this.#api = new WireApi(this.#wire);
  }

  async run(): Promise<StreamReadEnd> {
    if (this.#options.throughSequence <= this.#lastSequence) return this.#result();
    try {
      await this.#wire.connect();
      while (!(await this.#readOn())) await sleep(RETRY_MS);
      return this.#result();
    } catch (thrown) {
      return this.#result(messageOf(thrown));
    } finally {
      await this.#removeConsumer();
      await this.#wire.close();
    }
  }

  #result(gaveUp?: string): StreamReadEnd {
    return {
      complete: gaveUp === undefined,
      ...(gaveUp === undefined ? {} : { gaveUp }),
      lastSequence: this.#lastSequence,
      foreign: this.#foreign,
    };
  }

  /** Reads with one consumer as far as it goes; true when nothing is left to read. Throws when it is time to give up. */
  async #readOn(): Promise<boolean> {
    this.#giveUpWhenDue();
    try {
      const pending = await this.#createConsumer();
      const outcome: ConsumerEnd = pending === 0 ? { end: 'drained' } : await this.#consume();
      await this.#removeConsumer();
      if (outcome.end !== 'lost') return outcome.end === 'complete' || (await this.#holdsNoMore());
      this.#trouble = outcome.reason;
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.code < 500) throw thrown;
      this.#trouble = messageOf(thrown);
    }
    return false;
  }

  #giveUpWhenDue(): void {
    if (this.#options.signal?.aborted) throw new Error('interrupted');
    if (nowNs() < this.#deadlineNs) return;
    const { throughSequence, timeoutMs } = this.#options;
    const where = `at sequence ${this.#lastSequence} of ${throughSequence} after ${timeoutMs} ms`;
    throw new Error(this.#trouble ? `${where}; last trouble: ${this.#trouble}` : where);
  }

  /** Returns how many messages the consumer has to deliver. */
  async #createConsumer(): Promise<number> {
    const { stream } = this.#options;
    const name = `${READ_CONSUMER}${freshId()}`;
    this.#consumer = name;
    const { num_pending } = await this.#api.request<{ num_pending: number }>(
      `CONSUMER.CREATE.${stream}.${name}`,
      {
        stream_name: stream,
        config: {
          name,
          deliver_policy: 'by_start_sequence',
          opt_start_seq: this.#lastSequence + 1,
          ack_policy: 'none',
          num_replicas: 1,
          mem_storage: true,
          // Should we die, the server removes it.
          inactive_threshold: 30 * NS.s,
        },
      },
      API_MS,
    );
    return num_pending;
  }

  async #consume(): Promise<ConsumerEnd> {
    const { signal } = this.#options;
    this.#consumerSequence = 0;
    this.#outstanding = 0;
    this.#lastNewsNs = nowNs();
    this.#pullSubject = pullSubject(this.#options.stream, this.#consumer);
    this.#pullInbox = `_INBOX.stormglass-${freshId()}`;
    const sid = this.#wire.subscribe(this.#pullInbox);
    this.#sid = sid;
    const ended = new Promise<ConsumerEnd>((resolve) => {
      this.#finish = resolve;
    });
    const watch = setInterval(() => {
      const now = nowNs();
      if (signal?.aborted || now >= this.#deadlineNs) this.#lose('time is up');
      else if (now - this.#lastNewsNs > SILENCE_MS * NS.ms)
        this.#lose(`no word from the consumer for ${SILENCE_MS} ms`);
    }, 250);
    const onAbort = () => this.#lose('interrupted');
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#pull();
      return await ended;
    } finally {
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
      this.#wire.unsubscribe(sid);
      this.#sid = 0;
      this.#finish = undefined;
    }
  }

  /** Keeps between one and two pulls out, so that the server never waits for us to ask. */
  #pull(): void {
    while (this.#sid !== 0 && this.#wire.connected && this.#outstanding <= PULL_MESSAGES) {
      this.#outstanding += PULL_MESSAGES;
      const request = encodePull({
        messages: PULL_MESSAGES,
        maxBytes: Math.max(PULL_BYTES, 2 * (this.#wire.info?.max_payload ?? 0)),
        expiresNs: PULL_EXPIRES_MS * NS.ms,
        heartbeatNs: HEARTBEAT_MS * NS.ms,
      });
      this.#wire.publish(this.#pullSubject, request, this.#pullInbox);
    }
  }

  #onMessage(view: MessageView): void {
    if (view.sid !== this.#sid) {
      if (view.sid === this.#api.sid) this.#api.onMessage(view);
      return;
    }
    const ack = this.#ack;
    if (!readAckReply(view.buffer, view.replyStart, view.replyEnd, ack)) {
      this.#onStatus(view);
      return;
    }
    if (ack.consumerSequence !== this.#consumerSequence + 1) {
      // A route or a connection broke on the way here, and what it carried is gone: nothing is ever redelivered.
      this.#lose(`${ack.consumerSequence - this.#consumerSequence - 1} messages were lost on the way`);
      return;
    }
    this.#consumerSequence = ack.consumerSequence;
    this.#outstanding--;
    const { throughSequence } = this.#options;
    if (ack.streamSequence <= throughSequence) {
      this.#lastSequence = ack.streamSequence;
      if (!this.#tellStamps(view, ack.streamSequence)) this.#foreign++;
    }
    if (ack.streamSequence >= throughSequence) this.#end({ end: 'complete' });
    else if (ack.pending === 0) this.#end({ end: 'drained' });
  }

  /** False when the message carries no stamp. */
  #tellStamps(view: MessageView, streamSequence: number): boolean {
    const { onMessage } = this.#options;
    const stamp = this.#stamp;
    const digest = crc32(view.buffer.subarray(view.payloadStart, view.payloadEnd));
    if (readMessageStamp(view, stamp)) {
      onMessage(stamp.writer, stamp.sequence, streamSequence, digest);
      return true;
    }
    const batch = this.#batch;
    if (!batch.open(view)) return false;
    while (batch.next()) {
      if (batch.stamped) onMessage(batch.stamp.writer, batch.stamp.sequence, streamSequence, digest);
    }
    return true;
  }

  #onStatus(view: MessageView): void {
    const status = readStatus(view);
    if (!status) return;
    const news = pullNews(status);
    if (news === 'ended') this.#outstanding = Math.max(0, this.#outstanding - status.undelivered);
    else if (news === 'lost') this.#lose(`the consumer answered ${status.code} ${status.text}`);
  }

  #lose(reason: string): void {
    this.#end({ end: 'lost', reason });
  }

  /** Nothing of this consumer counts from here on, not even what the same read of the socket still holds. */
  #end(end: ConsumerEnd): void {
    if (!this.#finish) return;
    this.#sid = 0;
    this.#finish(end);
    this.#finish = undefined;
  }

  /**
   * The consumer has nothing more, but the stream should go on: its end may have been removed, or the replica that the
   * consumer reads from lags behind. The stream's leader knows.
   */
  async #holdsNoMore(): Promise<boolean> {
    const { stream, throughSequence } = this.#options;
    try {
      const { message } = await this.#api.request<{ message?: { seq: number } }>(
        `STREAM.MSG.GET.${stream}`,
        { seq: this.#lastSequence + 1, next_by_subj: '>' },
        API_MS,
      );
      if (message && message.seq > throughSequence) return true;
      this.#trouble = `the replica that was read from ends at ${this.#lastSequence}, its leader does not`;
      return false;
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.errorCode === NO_MESSAGE_FOUND) return true;
      throw thrown;
    }
  }

  /** Best effort: the server does it by itself when nobody pulls for a while. */
  async #removeConsumer(): Promise<void> {
    const name = this.#consumer;
    if (!name || !this.#wire.connected) return;
    this.#consumer = '';
    await this.#api
      .request(`CONSUMER.DELETE.${this.#options.stream}.${name}`, undefined, REMOVE_MS)
      .catch(() => {});
  }
}
