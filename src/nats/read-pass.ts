import { NS, nowNs } from '../base/clock.js';
import { freshId } from '../base/ids.js';
import type { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { emptyAckReply, readAckReply } from './ack-reply.js';
import { TOLD_TO_HURRY } from './end-at-abort.js';
import { encodePull, pullNews, pullSubject } from './pull.js';
import type { ReadConsumer } from './read-consumer.js';
import type { StampTeller } from './stamp-teller.js';
import { readStatus } from './status-header.js';

const PULL_MESSAGES = 10_000;
/** Two pulls are out at a time, and a server drops a client that is 64 MiB behind. */
const PULL_BYTES = 12 * 1024 * 1024;
const PULL_EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 1000;
/** Neither a message nor a heartbeat for this long: the consumer, or the way to it, is gone. */
const SILENCE_MS = 3500;
/** It says that it has more, and delivers none for this long. */
const STALLED_MS = 5000;
const WATCH_EVERY_MS = 250;

/** How a pass ended: all was read, the consumer has nothing more, it delivers nothing though it counts more, it is gone. */
export type PassEnd =
  | { readonly end: 'complete' | 'drained' }
  | { readonly end: 'stalled'; readonly pending: number }
  | { readonly end: 'lost'; readonly reason: string };

export interface ReadPassOptions {
  readonly wire: WireConnection;
  readonly teller: StampTeller;
  readonly stream: string;
  readonly consumer: ReadConsumer;
  readonly throughSequence: number;
  /** Monotonic. */
  readonly deadlineNs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One consumer, read as far as it goes. Whoever has the connection hands it what comes. */
export class ReadPass {
  /** Of the subscription that its messages come to; 0 while it does not run: what still comes then is not its own. */
  sid = 0;
  /** When anything was read from the connection, monotonic. */
  newsNs = nowNs();
  /** When it was last seen that the consumer delivers, monotonic. */
  deliveredNs = nowNs();
  /** Messages that were delivered. */
  delivered = 0;
  /** Messages that carry no stamp. */
  foreign = 0;
  /** The last stream sequence that was read; 0 when none was. */
  lastSequence = 0;
  readonly #options: ReadPassOptions;
  readonly #ack = emptyAckReply();
  readonly #subject: string;
  readonly #inbox = `_INBOX.stormglass-${freshId()}`;
  /** What the consumer says that it has still to deliver. */
  #pending: number;
  /** Messages asked for and not yet delivered. */
  #outstanding = 0;
  #finish: ((end: PassEnd) => void) | undefined;

  constructor(options: ReadPassOptions) {
    this.#options = options;
    this.#pending = options.consumer.pending;
    this.#subject = pullSubject(options.stream, options.consumer.name);
  }

  async run(): Promise<PassEnd> {
    const { wire, signal } = this.#options;
    const sid = wire.subscribe(this.#inbox);
    this.sid = sid;
    const ended = new Promise<PassEnd>((resolve) => {
      this.#finish = resolve;
    });
    let seen = this.delivered;
    const watch = setInterval(() => {
      this.#watch(seen);
      seen = this.delivered;
    }, WATCH_EVERY_MS);
    const onAbort = () => this.lose(TOLD_TO_HURRY);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.pull();
      return await ended;
    } finally {
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
      wire.unsubscribe(sid);
      this.sid = 0;
      this.#finish = undefined;
    }
  }

  #watch(seen: number): void {
    const { deadlineNs, signal } = this.#options;
    const now = nowNs();
    if (signal?.aborted || now >= deadlineNs) this.lose('time is up');
    else if (now - this.newsNs > SILENCE_MS * NS.ms)
      this.lose(`no word from the consumer for ${SILENCE_MS} ms`);
    else if (this.delivered !== seen) this.deliveredNs = now;
    else if (now - this.deliveredNs > STALLED_MS * NS.ms)
      this.#end({ end: 'stalled', pending: this.#pending });
  }

  /** Keeps between one and two pulls out, so that the server never waits for us to ask. */
  pull(): void {
    const { wire } = this.#options;
    while (this.sid !== 0 && wire.connected && this.#outstanding <= PULL_MESSAGES) {
      this.#outstanding += PULL_MESSAGES;
      const request = encodePull({
        messages: PULL_MESSAGES,
        maxBytes: Math.max(PULL_BYTES, 2 * (wire.info?.max_payload ?? 0)),
        expiresNs: PULL_EXPIRES_MS * NS.ms,
        heartbeatNs: HEARTBEAT_MS * NS.ms,
      });
      wire.publish(this.#subject, request, this.#inbox);
    }
  }

  /** A message to `sid`. The hot path of reading back. */
  take(view: MessageView): void {
    const ack = this.#ack;
    if (!readAckReply(view.buffer, view.replyStart, view.replyEnd, ack)) {
      this.#onStatus(view);
      return;
    }
    if (ack.consumerSequence !== this.delivered + 1) {
      // A route or a connection broke on the way here, and what it carried is gone: nothing is ever redelivered.
      this.lose(`${ack.consumerSequence - this.delivered - 1} messages were lost on the way`);
      return;
    }
    this.delivered = ack.consumerSequence;
    this.#outstanding--;
    this.#pending = ack.pending;
    const { throughSequence, teller } = this.#options;
    if (ack.streamSequence <= throughSequence) {
      this.lastSequence = ack.streamSequence;
      if (!teller.tell(view, ack.streamSequence)) this.foreign++;
    }
    if (ack.streamSequence >= throughSequence) this.#end({ end: 'complete' });
    else if (ack.pending === 0) this.#end({ end: 'drained' });
  }

  #onStatus(view: MessageView): void {
    const status = readStatus(view);
    if (!status) return;
    const news = pullNews(status);
    if (news === 'ended') this.#outstanding = Math.max(0, this.#outstanding - status.undelivered);
    else if (news === 'lost') this.lose(`the consumer answered ${status.code} ${status.text}`);
  }

  /** The consumer, or the way to it, is gone. */
  lose(reason: string): void {
    this.#end({ end: 'lost', reason });
  }

  /** Nothing of this consumer counts from here on, not even what the same read of the socket still holds. */
  #end(end: PassEnd): void {
    if (!this.#finish) return;
    this.sid = 0;
    this.#finish(end);
    this.#finish = undefined;
  }
}
