import { nowNs } from '../../base/clock.js';
import type { MessageView } from '../../wire/parser.js';
import { FAILED, OK, UNKNOWN } from '../answered-traffic.js';
import type { Feed } from '../feed.js';
import { type PubAck, readPubAck } from '../pub-ack.js';
import { AtomicFeed } from './atomic-feed.js';
import { batchMessages, type JsPublishParams } from './js-publish-schema.js';
import { publishHeaders } from './publish-headers.js';
import { PublishTraffic } from './publish-traffic.js';

const NEVER_COMMITTED = 'its batch was never committed';

/** Publishes in batches that a stream stores as a whole or not at all: the answer to the commit is that of all of them. */
export class AtomicTraffic extends PublishTraffic {
  readonly #ack: PubAck = { streamSequence: 0, duplicate: false };
  #feed: AtomicFeed | undefined;
  #isFinishing = false;

  protected override makeFeed(): Feed {
    const { setting, connection, window, inbox } = this;
    const params = setting.load.params as JsPublishParams;
    const headers = publishHeaders(setting);
    this.#feed = new AtomicFeed({
      ...{ setting, connection, window, inbox, headers },
      messages: batchMessages(params) as number,
      withinNs: params['commit-within'],
    });
    return this.#feed;
  }

  protected override onAnswer(view: MessageView, slot: number): void {
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    const ack = this.#ack;
    if (headerStart !== payloadStart || !readPubAck(buffer, payloadStart, payloadEnd, ack)) {
      const { certain, reason } = this.refusalIn(view);
      this.#endBatch(slot, certain ? FAILED : UNKNOWN, this.readNs, 0, reason);
      return;
    }
    this.#endBatch(slot, OK, this.readNs, ack.streamSequence, '');
  }

  /** All that were sent before the commit in `slot`, in the same batch, share its outcome and stand before it in the stream. */
  #endBatch(slot: number, outcome: number, doneNs: number, lastSequence: number, reason: string): void {
    const { window } = this;
    const { batchOf } = this.#feed!;
    const batch = batchOf[slot];
    let sequence = lastSequence;
    for (let at = slot; at >= 0 && batchOf[at] === batch; ) {
      const older = window.olderThan(at);
      this.end(at, outcome, doneNs, outcome === OK ? sequence-- : 0, reason);
      at = older;
    }
  }

  /** The time for an answer runs from when the batch was committed. */
  override expire(byNs: number): void {
    const { window } = this;
    const { batchOf } = this.#feed!;
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (this.#isOpen(slot)) return;
      let last = slot;
      for (let next = slot; next >= 0 && batchOf[next] === batchOf[slot]; next = window.newerThan(next))
        last = next;
      if (byNs - window.sentNs[last]! < this.timeoutNs) return;
      this.#endBatch(last, UNKNOWN, nowNs(), 0, this.timeoutReason);
    }
  }

  #isOpen(slot: number): boolean {
    const feed = this.#feed!;
    return feed.isOpen && feed.batchOf[slot] === feed.batch;
  }

  beat(): number {
    if (this.#isFinishing) this.#finish();
    return Number.POSITIVE_INFINITY;
  }

  windDown(atNs: number): void {
    if (!this.#feed!.isOpen) return;
    // Without a schedule there is always one more that is due: a batch that was begun is completed.
    if (!Number.isFinite(this.run.pacer.total)) this.#isFinishing = true;
    else this.#abandon(atNs, NEVER_COMMITTED);
  }

  #finish(): void {
    const feed = this.#feed!;
    while (feed.isOpen) {
      const room = feed.room();
      if (room === 0) return;
      feed.send(0, room, false);
    }
    this.#isFinishing = false;
  }

  /** Without its commit, nothing of a batch is ever stored. */
  #abandon(atNs: number, reason: string): void {
    const { window } = this;
    const isOpen = (slot: number) => slot >= 0 && this.#isOpen(slot);
    for (let slot = window.newest; isOpen(slot); slot = window.newest)
      this.end(slot, FAILED, atNs, 0, reason);
    this.#feed!.abandon();
  }

  protected override onDisconnected(): void {
    if (this.#feed?.isOpen) this.#abandon(nowNs(), `${NEVER_COMMITTED}: connection lost`);
    super.onDisconnected();
  }
}
