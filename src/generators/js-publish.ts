import type { z } from 'zod';
import type { LoadKindFacts } from '../contracts/load.js';
import { COUNTER } from '../metrics/load-recorder.js';
import type { MessageView } from '../wire/parser.js';
import { REPLY_TOKEN_BYTES } from '../wire/reply-token.js';
import { answeredSchema } from './answered-schema.js';
import { AnsweredTraffic } from './answered-traffic.js';
import type { Feed } from './feed.js';
import { FrameFeed } from './frame-feed.js';
import type { LoadKind } from './load-kind.js';
import { type PubAck, readPubAck } from './pub-ack.js';

const schema = answeredSchema;

type JsPublishParams = z.output<typeof schema>;

const facts: LoadKindFacts = {
  acknowledged: true,
  history: true,
  events: true,
  needsStream: true,
  schedules: ['open', 'max', 'closed'],
};

/** JetStream publishes, each acknowledged. What has no answer is unknown, and never sent again. */
export const jsPublish: LoadKind = {
  kind: 'js-publish',
  summary: 'JetStream publishes with a window of outstanding acknowledgements',
  facts,
  schema,
  create: (setting) => new JsPublishTraffic(setting),
};

class JsPublishTraffic extends AnsweredTraffic {
  readonly #ack: PubAck = { streamSequence: 0, duplicate: false };

  protected override makeFeed(): Feed {
    return new FrameFeed(this.setting, this.connection, {
      headers: (this.setting.load.params as JsPublishParams).headers,
      window: this.window,
      replyPrefix: this.inbox,
      replyTokenBytes: REPLY_TOKEN_BYTES,
    });
  }

  protected override onAnswer(view: MessageView, slot: number): void {
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    const ack = this.#ack;
    if (headerStart !== payloadStart || !readPubAck(buffer, payloadStart, payloadEnd, ack)) {
      this.refuse(view, slot);
      return;
    }
    if (ack.duplicate) this.run.recorder.count(COUNTER.duplicates, this.window.phase[slot]!, 1);
    this.succeed(slot, ack.streamSequence);
  }
}
