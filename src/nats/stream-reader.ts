import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import { WireConnection } from '../wire/connection.js';
import { endAtAbort, TOLD_TO_HURRY } from './end-at-abort.js';
import {
  createReadConsumer,
  createReadConsumerOn,
  leaveReadConsumer,
  type ReadConsumer,
  removeReadConsumer,
} from './read-consumer.js';
import { type PassEnd, ReadPass } from './read-pass.js';
import { type OnStamped, StampTeller } from './stamp-teller.js';
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

/** So many consumers that stall at the same place are enough to say that the store does not give it. */
const MOST_STALLS = 3;
const API_MS = 3000;
const RETRY_MS = 200;
const BREAK_OFF_MS = 250;
const AWAY_MS = 20_000;
const CATCH_UP_MS = 10_000;
/** A server that has just been through a load may be busy; none that can be reached is an end of the read. */
export const READER_CONNECT_MS = 8000;
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

class StreamReading {
  readonly #options: StreamReadOptions;
  readonly #wire: WireConnection;
  readonly #api: WireApi;
  readonly #deadlineNs: number;
  readonly #teller: StampTeller;
  #lastSequence: number;
  #foreign = 0;
  /** The trouble met last, for the sentence that says why the read gave up. */
  #trouble = '';
  /** Monotonic: when the server was last reached, when its store had last given something. */
  #reachedNs = nowNs();
  #progressNs = nowNs();
  /** Consumers that stalled after `#lastSequence`. */
  #stalls = 0;
  #endsEarly = false;
  #isRefused = false;
  /** Of the consumer in use; empty while there is none. */
  #consumer = '';
  /** While it is read. */
  #pass: ReadPass | undefined;

  constructor(options: StreamReadOptions) {
    this.#options = options;
    this.#lastSequence = Math.max(1, options.fromSequence) - 1;
    this.#deadlineNs = nowNs() + options.timeoutMs * NS.ms;
    this.#teller = new StampTeller(options.onMessage);
    this.#wire = new WireConnection(
      {
        access: options.access,
        name: 'stormglass-reader',
        pingEveryMs: 2000,
        connectTimeoutMs: READER_CONNECT_MS,
      },
      {
        onMessage: (view) => {
          const pass = this.#pass;
          if (pass !== undefined && view.sid === pass.sid) pass.take(view);
          else if (view.sid === this.#api.sid) this.#api.onMessage(view);
        },
        onReadStart: () => {
          if (this.#pass !== undefined) this.#pass.newsNs = nowNs();
        },
        onReadEnd: () => this.#pass?.pull(),
        onDisconnected: (reason) => this.#pass?.lose(`connection lost: ${reason}`),
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
      const consumer = await this.#createConsumer();
      const outcome: PassEnd = consumer.pending === 0 ? { end: 'drained' } : await this.#consume(consumer);
      await this.#removeConsumer();
      if (this.#lastSequence > before) this.#progressNs = nowNs();
      if (outcome.end === 'lost') this.#trouble = outcome.reason;
      else if (outcome.end === 'complete' || (await this.#holdsNoMore())) return true;
      else if (outcome.end === 'stalled') this.#noteStall(outcome.pending);
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

  #noteStall(pending: number): void {
    this.#trouble = `its store delivers nothing after sequence ${this.#lastSequence}, though it counts ${pending} more`;
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

  async #createConsumer(): Promise<ReadConsumer> {
    const { stream, onServer, onLeader = false } = this.#options;
    const from = this.#lastSequence + 1;
    const consumer =
      onServer === undefined
        ? await createReadConsumer(this.#api, stream, from, onLeader)
        : await createReadConsumerOn(this.#api, stream, from, onServer);
    this.#consumer = consumer.name;
    this.#reachedNs = nowNs();
    return consumer;
  }

  async #consume(consumer: ReadConsumer): Promise<PassEnd> {
    const { stream, throughSequence, signal } = this.#options;
    const pass = new ReadPass({
      ...{ stream, consumer, throughSequence, signal },
      ...{ wire: this.#wire, teller: this.#teller, deadlineNs: this.#deadlineNs },
    });
    this.#pass = pass;
    try {
      return await pass.run();
    } finally {
      this.#pass = undefined;
      this.#foreign += pass.foreign;
      this.#lastSequence = Math.max(this.#lastSequence, pass.lastSequence);
      this.#reachedNs = pass.deliveredNs;
      if (pass.delivered > 0) this.#stalls = 0;
    }
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
