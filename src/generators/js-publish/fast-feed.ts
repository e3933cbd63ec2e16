import type { WireConnection } from '../../wire/connection.js';
import type { FrameHeaders } from '../../wire/frame-headers.js';
import type { AckWindow } from '../ack-window.js';
import type { Feed } from '../feed.js';
import { FrameFeed } from '../frame-feed.js';
import type { TrafficRun, TrafficSetting } from '../load-kind.js';
import { FAST_OPERATION, FAST_REPLY_BYTES, fastReplyPrefix, writeFastReply } from './fast-reply.js';

export interface FastFeedOptions {
  readonly setting: TrafficSetting;
  readonly connection: WireConnection;
  readonly window: AckWindow;
  readonly inbox: string;
  readonly headers: FrameHeaders;
  /** Messages of a batch; Infinity for one without an end. */
  readonly messages: number;
  readonly ackEvery: number;
}

/** Writes operations into fast batches: each message's reply subject says which it is in its batch. */
export class FastFeed implements Feed {
  /** Of the batch that the next message belongs to. */
  batch = 0;
  /** Messages of it that were sent. */
  position = 0;
  /** By slot: the batch of its operation, and its place in it, from 1. */
  readonly batchOf: Uint32Array;
  readonly positionOf: Float64Array;
  readonly #options: FastFeedOptions;
  readonly #feed: FrameFeed;

  constructor(options: FastFeedOptions) {
    const { setting, connection, window, inbox, headers, messages, ackEvery } = options;
    this.#options = options;
    this.batchOf = new Uint32Array(window.size);
    this.positionOf = new Float64Array(window.size);
    this.#feed = new FrameFeed(setting, connection, {
      headers,
      window,
      replyPrefix: fastReplyPrefix(inbox),
      replyTokenBytes: FAST_REPLY_BYTES,
      writeToken: (bytes, at, slot) => {
        const position = ++this.position;
        this.batchOf[slot] = this.batch;
        this.positionOf[slot] = position;
        let operation: number = position === 1 ? FAST_OPERATION.start : FAST_OPERATION.append;
        if (position === messages) operation = FAST_OPERATION.commit;
        writeFastReply(bytes, at, this.batch, ackEvery, position, operation);
        if (position === messages) this.startAnother();
      },
    });
  }

  get meanBytes(): number {
    return this.#feed.meanBytes;
  }

  begin(run: TrafficRun): void {
    this.#feed.begin(run);
  }

  room(): number {
    return this.#feed.room();
  }

  heldBySystem(): boolean {
    return this.#feed.heldBySystem();
  }

  send(first: number, count: number, blocked: boolean): number {
    return this.#feed.send(first, count, blocked);
  }

  pass(count: number): void {
    this.#feed.pass(count);
  }

  close(): void {
    this.#feed.close();
  }

  /** The next message begins a batch of its own. */
  startAnother(): void {
    this.batch++;
    this.position = 0;
  }

  /** Commits the batch, of which at least one message was sent, without another message; the connection must stand. */
  commit(): void {
    const { connection, inbox, ackEvery, setting } = this.#options;
    const reply = Buffer.alloc(FAST_REPLY_BYTES);
    writeFastReply(reply, 0, this.batch, ackEvery, this.position + 1, FAST_OPERATION.commitWithout);
    connection.publish(setting.events[0]!.subject, '', fastReplyPrefix(inbox) + reply.toString('latin1'));
    this.startAnother();
  }
}
