import { NS } from '../../base/clock.js';
import type { MessageView } from '../../wire/parser.js';
import { FAILED, OK, UNKNOWN } from '../answered-traffic.js';
import type { Feed } from '../feed.js';
import { readFastAnswer, readFlowAck } from './fast-answer.js';
import { FastFeed } from './fast-feed.js';
import { FAST_REPLY_BYTES, fastReplyPrefix, readFastBatch, readFastPosition } from './fast-reply.js';
import { batchMessages, type JsPublishParams } from './js-publish-schema.js';
import { publishHeaders } from './publish-headers.js';
import { PublishTraffic } from './publish-traffic.js';

/** A server forgets a batch that stands still for ten seconds: it is committed before. */
const IDLE_NS = 5 * NS.s;

/** Publishes in fast batches: the server says now and then up to which message everything is stored. */
export class FastTraffic extends PublishTraffic {
  #feed: FastFeed | undefined;
  #withinNs = 0;
  #isOver = false;
  #lastSentNs = 0;
  /** Length of the subjects that answers come to. */
  #answerBytes = 0;

  protected override makeFeed(): Feed {
    const { setting, connection, window, inbox } = this;
    const params = setting.load.params as JsPublishParams;
    const headers = publishHeaders(setting);
    this.#answerBytes = fastReplyPrefix(inbox).length + FAST_REPLY_BYTES;
    this.#withinNs = params['commit-within'];
    this.#feed = new FastFeed({
      ...{ setting, connection, window, inbox, headers },
      messages: batchMessages(params) ?? Number.POSITIVE_INFINITY,
      // The window must not be full of what is not yet to be acknowledged.
      ackEvery: Math.max(1, Math.min(params['ack-every'], window.size >> 1)),
    });
    return this.#feed;
  }

  protected override onMessage(view: MessageView): void {
    const { buffer, subjectStart, subjectEnd, payloadStart, payloadEnd } = view;
    if (subjectEnd - subjectStart !== this.#answerBytes) return;
    const batch = readFastBatch(buffer, subjectEnd);
    const position = readFlowAck(buffer, payloadStart, payloadEnd);
    if (position >= 0) this.#acknowledge(batch, position, 0);
    else this.onAnswer(view, batch);
  }

  /** Everything that is no acknowledgement of the flow. */
  protected override onAnswer(view: MessageView, batch: number): void {
    const { buffer, payloadStart, payloadEnd, subjectEnd } = view;
    const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const answer = readFastAnswer(text.toString('utf8', payloadStart, payloadEnd));
    switch (answer.kind) {
      case 'ack':
        this.#acknowledge(batch, answer.position, 0);
        break;
      case 'gap':
        this.#endCurrent(batch);
        break;
      case 'end':
        this.#acknowledge(batch, answer.count, answer.streamSequence);
        this.#endCurrent(batch);
        // The server passed over them, or another server did not see them: not even it knows.
        this.#endRest(batch);
        break;
      default: {
        const { certain, reason } = this.refusalIn(view);
        const slot = this.#find(batch, readFastPosition(buffer, subjectEnd));
        if (slot >= 0) this.end(slot, certain ? FAILED : UNKNOWN, this.readNs, 0, reason);
        this.#endCurrent(batch);
      }
    }
  }

  /** Everything of the batch up to a position is stored; of the last message it may be known where. */
  #acknowledge(batch: number, position: number, streamSequence: number): void {
    const { window } = this;
    const { batchOf, positionOf } = this.#feed!;
    for (let slot = window.oldest; slot >= 0; ) {
      const newer = window.newerThan(slot);
      if (batchOf[slot]! > batch || (batchOf[slot] === batch && positionOf[slot]! > position)) return;
      if (batchOf[slot] === batch) {
        this.end(slot, OK, this.readNs, positionOf[slot] === position ? streamSequence : 0, '');
      }
      slot = newer;
    }
  }

  #endRest(batch: number): void {
    const { window } = this;
    const { batchOf } = this.#feed!;
    for (let slot = window.oldest; slot >= 0; ) {
      const newer = window.newerThan(slot);
      if (batchOf[slot]! > batch) return;
      if (batchOf[slot] === batch)
        this.end(slot, UNKNOWN, this.readNs, 0, 'its fast batch had ended before it');
      slot = newer;
    }
  }

  #find(batch: number, position: number): number {
    const { window } = this;
    const { batchOf, positionOf } = this.#feed!;
    for (let slot = window.oldest; slot >= 0; slot = window.newerThan(slot)) {
      if (batchOf[slot] === batch && positionOf[slot] === position) return slot;
    }
    return -1;
  }

  /** Nothing more may be added to a batch that has ended. */
  #endCurrent(batch: number): void {
    if (batch === this.#feed!.batch) this.#feed!.startAnother();
  }

  beat(atNs: number): number {
    const feed = this.#feed!;
    if (feed.position > 0 && this.connection.connected) {
      const { window } = this;
      const oldest = window.oldest;
      const waitsNs = oldest < 0 || feed.batchOf[oldest] !== feed.batch ? 0 : atNs - window.sentNs[oldest]!;
      const isIdle = atNs - this.#lastSentNs > IDLE_NS;
      if (waitsNs > this.#withinNs || isIdle || this.#isOver) feed.commit();
    }
    return atNs + this.#withinNs / 2;
  }

  override send(first: number, count: number, blocked: boolean): number {
    const sent = super.send(first, count, blocked);
    this.#lastSentNs = this.window.sentNs[this.window.newest]!;
    return sent;
  }

  /** Whoever did not answer has perhaps forgotten the batch: the next message begins another. */
  override expire(byNs: number): void {
    const before = this.window.inFlight;
    super.expire(byNs);
    if (this.window.inFlight < before && this.#feed!.position > 0) this.#feed!.startAnother();
  }

  /** Even where all is acknowledged: a batch that is left open counts among those that a server can have. */
  windDown(): void {
    this.#isOver = true;
    if (this.#feed!.position > 0 && this.connection.connected) this.#feed!.commit();
  }

  protected override onDisconnected(): void {
    if (this.#feed && this.#feed.position > 0) this.#feed.startAnother();
    super.onDisconnected();
  }
}
