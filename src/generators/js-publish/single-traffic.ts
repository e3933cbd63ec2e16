import { COUNTER } from '../../metrics/load-recorder.js';
import type { MessageView } from '../../wire/parser.js';
import { REPLY_TOKEN_BYTES } from '../../wire/reply-token.js';
import { FAILED, UNKNOWN } from '../answered-traffic.js';
import type { Feed } from '../feed.js';
import { FrameFeed } from '../frame-feed.js';
import { type PubAck, readPubAck } from '../pub-ack.js';
import { type JsPublishParams, repeatShare } from './js-publish-schema.js';
import { publishHeaders } from './publish-headers.js';
import { PublishTraffic } from './publish-traffic.js';
import { Repeats } from './repeats.js';

/** Publishes that are each acknowledged, one at a time or a window of them; some of them twice, to be stored once. */
export class SingleTraffic extends PublishTraffic {
  readonly #ack: PubAck = { streamSequence: 0, duplicate: false };
  #repeats: Repeats | undefined;

  protected override makeFeed(): Feed {
    const { setting, connection, window } = this;
    const share = repeatShare(setting.load.params as JsPublishParams);
    const repeats = share > 0 ? new Repeats({ setting, connection, window, share }) : undefined;
    this.#repeats = repeats;
    const feed = new FrameFeed(setting, connection, {
      headers: publishHeaders(setting),
      window,
      // Two halves of the window by turns: while one is on its way, the server works on the other.
      leastRoom: setting.load.schedule.mode === 'max' ? window.size >> 1 : 1,
      replyPrefix: this.inbox,
      replyTokenBytes: REPLY_TOKEN_BYTES,
      ...(repeats && { onWritten: (block, frame, count) => repeats.repeat(block, frame, count) }),
    });
    return repeats ? repeats.withRoom(feed) : feed;
  }

  protected override onAnswer(view: MessageView, slot: number): void {
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    const ack = this.#ack;
    const isAck = headerStart === payloadStart && readPubAck(buffer, payloadStart, payloadEnd, ack);
    if (this.#repeats?.isRepeat(slot)) {
      this.#onRepeatAnswered(slot, isAck);
    } else if (isAck) {
      if (ack.duplicate) {
        this.run.recorder.count(COUNTER.duplicates, this.window.phase[slot]!, 1);
        this.row.detail = 1;
      }
      this.succeed(slot, ack.streamSequence);
    } else {
      this.refuse(view, slot);
    }
  }

  /** What was stored a second time is not what its id was for; what was refused is stored once at most. */
  #onRepeatAnswered(slot: number, isAck: boolean): void {
    if (!isAck || this.#ack.duplicate)
      this.run.recorder.count(COUNTER.duplicates, this.window.phase[slot]!, 1);
    else this.setting.notices.add('operation-error', 'a message was stored again although its id was known');
    this.#repeats!.end(slot);
  }

  protected override end(
    slot: number,
    outcome: number,
    doneNs: number,
    streamSequence: number,
    reason: string,
  ): void {
    const repeats = this.#repeats;
    if (repeats?.isRepeat(slot)) {
      repeats.end(slot);
      return;
    }
    // What was refused the first time may have been stored the second.
    const certain = outcome === FAILED && repeats?.wasRepeated(slot) ? UNKNOWN : outcome;
    super.end(slot, certain, doneNs, streamSequence, reason);
  }
}
