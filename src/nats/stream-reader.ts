import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { emptyAckReply, readAckReply } from './ack-reply.js';
import { endAtAbort, TOLD_TO_HURRY } from './end-at-abort.js';
import { encodePull, pullNews, pullSubject } from './pull.js';
import {
  createReadConsumer,
  createReadConsumerOn,
  leaveReadConsumer,
  removeReadConsumer,
} from './read-consumer.js';
import { type OnStamped, StampTeller } from './stamp-teller.js';
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
   * Whose own store is read, by the server's own name; whichever the consumer comes to lie on unless told. It is given
   * up when it could not be reached for `awayMs`, or delivers nothing more though it counts more.
   */
  readonly onServer?: string;
  /** The store of whoever leads the stream is read, if it can be: two reads of a stream that stays as it is are then alike. */
  readonly onLeader?: boolean;
  /** With `onServer`: 20,000 unless told. */
  readonly awayMs?: number;
  /** With `onServer`: a store that ends before the leader's is looked at again for this long, 10,000 unless told. */
  readonly catchUpMs?: number;
  readonly onMessage: OnStamped;
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
  /** The server's store ends here, its leader's does not, and that stayed so for `catchUpMs`. */
  readonly endsEarly?: true;
  /** The servers do not let us read with a consumer. */
  readonly refused?: true;
}

const PULL_MESSAGES = 10_000;
/** Two pulls are out at a time, and a server drops a client that is 64 MiB behind. */
const PULL_BYTES = 12 * 1024 * 1024;
const PULL_EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 1000;
/** Neither a message nor a heartbeat for this long: the consumer, or the way to it, is gone. */
const SILENCE_MS = 3500;
/** It says that it has more, and delivers none for this long. */
const STALLED_MS = 5000;
/** So many consumers that stall at the same place are enough to say that the store does not give it. */
const MOST_STALLS = 3;
const API_MS = 3000;
const RETRY_MS = 200;
const BREAK_OFF_MS = 250;
const AWAY_MS = 20_000;
const CATCH_UP_MS = 10_000;
const NO_MESSAGE_FOUND = 10037;
const STREAM_NOT_FOUND = 10059;

/**
 * Reads a stretch of a stream as fast as the server sends it, through a consumer of its own: one replica, in memory,
 * nothing to acknowledge. When messages are missing on the way, or the consumer or the connection is lost, it goes on
 * with a new consumer after the last message read. What goes wrong is told in the result; it does not reject.
 */
export async function readStream(options: StreamReadOptions): Promise<StreamReadEnd> {
  return await new StreamReading(options).run();
}

type ConsumerEnd =
  | { readonly end: 'complete' | 'drained' | 'stalled' }
  | { readonly end: 'lost'; readonly reason: string };

class StreamReading {
  readonly #options: StreamReadOptions;
  readonly #wire: WireConnection;
  readonly #api: WireApi;
  readonly #deadlineNs: number;
  readonly #teller: StampTeller;
  readonly #ack = emptyAckReply();
  #lastSequence: number;
  #foreign = 0;
  /** The trouble met last, for the sentence that says why the read gave up. */
  #trouble = '';
  #lastNewsNs = 0;
  /** Monotonic: when the server was last reached, when its store had last given something. */
  #reachedNs = nowNs();
  #progressNs = nowNs();
  /** Consumers that stalled after `#lastSequence`. */
  #stalls = 0;
  #endsEarly = false;
  #isRefused = false;
  // Of the consumer in use; its sid is 0 while there is none, and what still comes for another one is ignored.
  #consumer = '';
  #sid = 0;
  #pullSubject = '';
  #pullInbox = '';
  #consumerSequence = 0;
  /** What it says that it has still to deliver. */
  #pending = 0;
  /** Messages asked for and not yet delivered. */
  #outstanding = 0;
  #finish: ((end: ConsumerEnd) => void) | undefined;

  constructor(options: StreamReadOptions) {
    this.#options = options;
    this.#lastSequence = Math.max(1, options.fromSequence) - 1;
    this.#deadlineNs = nowNs() + options.timeoutMs * NS.ms;
    this.#teller = new StampTeller(options.onMessage);
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
    const { signal, throughSequence } = this.#options;
    if (signal?.aborted) return this.#result(TOLD_TO_HURRY);
    if (throughSequence <= this.#lastSequence) return this.#result();
    const stopWaiting = endAtAbort(signal, this.#wire, this.#api);
    try {
      await this.#wire.connect();
      while (!(await this.#readOn())) await sleep(RETRY_MS, signal);
      return this.#result();
    } catch (thrown) {
      return this.#result(signal?.aborted ? TOLD_TO_HURRY : messageOf(thrown));
    } finally {
      stopWaiting();
      if (signal?.aborted) await this.#breakOff();
      else await this.#removeConsumer();
      await this.#wire.close();
    }
  }

  #result(gaveUp?: string): StreamReadEnd {
    return {
      complete: gaveUp === undefined,
      ...(gaveUp === undefined ? {} : { gaveUp }),
      lastSequence: this.#lastSequence,
      foreign: this.#foreign,
      ...(this.#endsEarly && { endsEarly: true }),
      ...(this.#isRefused && { refused: true }),
    };
  }

  /** Reads with one consumer as far as it goes; true when nothing is left to read. Throws when it is time to give up. */
  async #readOn(): Promise<boolean> {
    this.#giveUpWhenDue();
    const before = this.#lastSequence;
    try {
      await this.#createConsumer();
      const outcome: ConsumerEnd = this.#pending === 0 ? { end: 'drained' } : await this.#consume();
      await this.#removeConsumer();
      if (this.#lastSequence > before) this.#progressNs = nowNs();
      if (outcome.end === 'lost') this.#trouble = outcome.reason;
      else if (outcome.end === 'complete' || (await this.#holdsNoMore())) return true;
      else if (outcome.end === 'stalled') this.#noteStall();
      else return this.#staysBehind();
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.code < 500) {
        this.#isRefused = thrown.errorCode !== STREAM_NOT_FOUND;
        throw thrown;
      }
      this.#trouble = messageOf(thrown);
    }
    return false;
  }

  #noteStall(): void {
    this.#trouble = `its store delivers nothing after sequence ${this.#lastSequence}, though it counts ${this.#pending} more`;
    this.#stalls++;
  }

  /** True when the server's store has ended where it ends for long enough. */
  #staysBehind(): boolean {
    const { onServer, catchUpMs = CATCH_UP_MS } = this.#options;
    this.#endsEarly = onServer !== undefined && nowNs() - this.#progressNs > catchUpMs * NS.ms;
    return this.#endsEarly;
  }

  #giveUpWhenDue(): void {
    const { throughSequence, timeoutMs, signal, onServer, awayMs = AWAY_MS } = this.#options;
    if (signal?.aborted) throw new Error(TOLD_TO_HURRY);
    if (onServer !== undefined) {
      if (this.#stalls >= MOST_STALLS) throw new Error(this.#trouble);
      if (nowNs() - this.#reachedNs > awayMs * NS.ms)
        throw new Error(
          `not reached for ${awayMs} ms, after sequence ${this.#lastSequence}: ${this.#trouble}`,
        );
    }
    if (nowNs() < this.#deadlineNs) return;
    const where = `at sequence ${this.#lastSequence} of ${throughSequence} after ${timeoutMs} ms`;
    throw new Error(this.#trouble ? `${where}; last trouble: ${this.#trouble}` : where);
  }

  async #createConsumer(): Promise<void> {
    const { stream, onServer, onLeader = false } = this.#options;
    const from = this.#lastSequence + 1;
    const { name, pending } =
      onServer === undefined
        ? await createReadConsumer(this.#api, stream, from, onLeader)
        : await createReadConsumerOn(this.#api, stream, from, onServer);
    this.#consumer = name;
    this.#pending = pending;
    this.#reachedNs = nowNs();
  }

  async #consume(): Promise<ConsumerEnd> {
    const { signal } = this.#options;
    this.#consumerSequence = 0;
    this.#outstanding = 0;
    this.#lastNewsNs = nowNs();
    let deliveredAt = this.#consumerSequence;
    let deliveredNs = nowNs();
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
      else if (this.#consumerSequence !== deliveredAt) {
        deliveredAt = this.#consumerSequence;
        deliveredNs = now;
        this.#reachedNs = now;
      } else if (now - deliveredNs > STALLED_MS * NS.ms) this.#end({ end: 'stalled' });
    }, 250);
    const onAbort = () => this.#lose(TOLD_TO_HURRY);
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
    this.#pending = ack.pending;
    this.#stalls = 0;
    const { throughSequence } = this.#options;
    if (ack.streamSequence <= throughSequence) {
      this.#lastSequence = ack.streamSequence;
      if (!this.#teller.tell(view, ack.streamSequence)) this.#foreign++;
    }
    if (ack.streamSequence >= throughSequence) this.#end({ end: 'complete' });
    else if (ack.pending === 0) this.#end({ end: 'drained' });
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

  /** The server is asked to remove the consumer, and has a moment to take that in; no answer is waited for. */
  async #breakOff(): Promise<void> {
    if (this.#consumer && this.#wire.connected) {
      leaveReadConsumer(this.#wire, this.#options.stream, this.#consumer);
      await withDeadline(this.#wire.flush(), BREAK_OFF_MS, 'leaving').catch(() => {});
    }
    this.#wire.cut();
  }

  async #removeConsumer(): Promise<void> {
    const name = this.#consumer;
    if (!name || !this.#wire.connected || this.#options.signal?.aborted) return;
    this.#consumer = '';
    await removeReadConsumer(this.#api, this.#options.stream, name);
  }
}
