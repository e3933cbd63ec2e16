import type { z } from 'zod';
import { nowNs } from '../base/clock.js';
import { freshId } from '../base/ids.js';
import { countSchema, durationSchema } from '../base/unit-schemas.js';
import { formatDuration } from '../base/units.js';
import { OUTCOMES } from '../contracts/history.js';
import type { LoadKindFacts } from '../contracts/load.js';
import { HistoryWriter } from '../history/history-writer.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { REPLY_TOKEN_BYTES, readTokenGeneration, readTokenSlot, TOKEN_SLOTS } from '../wire/reply-token.js';
import { AckWindow } from './ack-window.js';
import { FrameFeed } from './frame-feed.js';
import type { LoadKind, Traffic, TrafficRun, TrafficSetting } from './load-kind.js';
import { pacedSchema } from './paced-schema.js';
import { type PubAck, readPubAck } from './pub-ack.js';
import { countRange } from './range-counter.js';
import { readRefusal } from './refusal.js';

const schema = pacedSchema.extend({
  window: countSchema
    .refine((size) => size <= TOKEN_SLOTS, { error: `expected at most ${TOKEN_SLOTS}` })
    .prefault(256)
    .describe('How many publishes may wait for their acknowledgement at a time, per worker'),
  'ack-timeout': durationSchema
    .prefault('5s')
    .describe('How long an acknowledgement is waited for before the outcome is unknown'),
  overdue: durationSchema
    .prefault('1s')
    .describe(
      'An acknowledgement later than this after the due time counts as trouble: recovery is measured by it',
    ),
});

type JsPublishParams = z.output<typeof schema>;

const facts: LoadKindFacts = { acknowledged: true, needsStream: true };

/** JetStream publishes, each acknowledged. What has no answer is unknown, and never sent again. */
export const jsPublish: LoadKind = {
  kind: 'js-publish',
  summary: 'JetStream publishes with a window of outstanding acknowledgements',
  facts,
  schema,
  create: (setting) => new JsPublishTraffic(setting),
};

const OK = OUTCOMES.indexOf('ok');
const FAILED = OUTCOMES.indexOf('failed');
const UNKNOWN = OUTCOMES.indexOf('unknown');
const COUNTER_OF_OUTCOME = OUTCOMES.map((outcome) => COUNTER[outcome]);

class JsPublishTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #params: JsPublishParams;
  readonly #connection: WireConnection;
  readonly #window: AckWindow;
  readonly #inbox: string;
  readonly #ack: PubAck = { streamSequence: 0, duplicate: false };
  readonly #timeoutReason: string;
  #feed: FrameFeed | undefined;
  #history: HistoryWriter | undefined;
  #run: TrafficRun | undefined;
  /** When the bytes that are being parsed were read. */
  #readNs = 0;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    this.#params = setting.load.params as JsPublishParams;
    this.#window = new AckWindow(this.#params.window);
    this.#inbox = `_INBOX.${freshId()}${setting.writer}.`;
    this.#timeoutReason = `no acknowledgement within ${formatDuration(this.#params['ack-timeout'])}`;
    this.#connection = setting.connection({
      onReadStart: () => {
        this.#readNs = nowNs();
      },
      onMessage: (view) => this.#onAnswer(view),
      onReadEnd: () => setting.onRoom(),
      onConnected: () => setting.onRoom(),
      onDisconnected: () => this.#onDisconnected(),
    });
  }

  get inFlight(): number {
    return this.#window.inFlight;
  }

  async open(): Promise<void> {
    const { events, load, writer, historyFile } = this.#setting;
    await this.#connection.connect();
    this.#connection.subscribe(`${this.#inbox}*`);
    await this.#connection.flush();
    this.#feed = new FrameFeed(this.#setting, this.#connection, {
      headers: this.#params.headers,
      window: this.#window,
      replyPrefix: this.#inbox,
      replyTokenBytes: REPLY_TOKEN_BYTES,
    });
    if (historyFile !== undefined) {
      const subjects = events.map(({ subject }) => subject);
      this.#history = HistoryWriter.open(historyFile, { load: load.name, writer, subjects });
    }
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#feed!.begin(run);
  }

  room(): number {
    return this.#feed!.room();
  }

  heldBySystem(): boolean {
    return this.#feed!.heldBySystem();
  }

  send(first: number, count: number, blocked: boolean): number {
    return this.#feed!.send(first, count, blocked);
  }

  giveUp(first: number, count: number, atNs: number): void {
    const { pacer, startNs, recorder } = this.#run!;
    countRange(this.#run!, COUNTER.unsent, first, count);
    for (let operation = first; operation < first + count; operation++) {
      const dueNs = startNs + pacer.dueNs(operation);
      recorder.censored(MEASURE.ackLatency, dueNs, atNs - dueNs);
      recorder.trouble(dueNs, atNs, 'unsent');
    }
  }

  drop(first: number, count: number): void {
    countRange(this.#run!, COUNTER.dropped, first, count);
  }

  expire(byNs: number): void {
    const window = this.#window;
    const timeoutNs = this.#params['ack-timeout'];
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (byNs - window.sentNs[slot]! < timeoutNs) return;
      this.#end(slot, UNKNOWN, nowNs(), 0, this.#timeoutReason);
    }
  }

  flush(): void {
    this.#history?.flush();
  }

  async close(): Promise<void> {
    await this.#connection.close();
    this.#history?.close();
  }

  #onAnswer(view: MessageView): void {
    const { buffer, subjectEnd, headerStart, payloadStart, payloadEnd } = view;
    const tokenAt = subjectEnd - REPLY_TOKEN_BYTES;
    const slot = readTokenSlot(buffer, tokenAt);
    if (!this.#window.holds(slot, readTokenGeneration(buffer, tokenAt))) {
      this.#setting.notices.add('operation-error', 'an answer came after its operation had ended');
      return;
    }
    const ack = this.#ack;
    if (headerStart === payloadStart && readPubAck(buffer, payloadStart, payloadEnd, ack)) {
      this.#end(slot, OK, this.#readNs, ack.streamSequence, '');
      return;
    }
    const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const { certain, reason } = readRefusal(
      text.toString('latin1', headerStart, payloadStart),
      text.toString('utf8', payloadStart, payloadEnd),
    );
    this.#setting.notices.add('operation-error', reason);
    this.#end(slot, certain ? FAILED : UNKNOWN, this.#readNs, 0, reason);
  }

  /** Nobody can say any more what became of the operations in flight, and nothing of it is sent again. */
  #onDisconnected(): void {
    const atNs = nowNs();
    for (let slot = this.#window.oldest; slot >= 0; slot = this.#window.oldest) {
      this.#end(slot, UNKNOWN, atNs, 0, 'connection lost');
    }
    this.#setting.onRoom();
  }

  #end(slot: number, outcome: number, doneNs: number, streamSequence: number, reason: string): void {
    const window = this.#window;
    const { recorder } = this.#run!;
    const dueNs = window.dueNs[slot]!;
    const phase = window.phase[slot]!;
    recorder.count(COUNTER_OF_OUTCOME[outcome]!, phase, 1);
    if (outcome === OK) {
      recorder.latency(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      if (this.#ack.duplicate) recorder.count(COUNTER.duplicates, phase, 1);
    } else {
      // Refused or lost, it was not acknowledged by then: leaving it out would be survivors' statistics.
      recorder.censored(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.trouble(dueNs, doneNs, reason);
    }
    const history = this.#history;
    history?.append(
      window.sequence[slot]!,
      dueNs,
      window.sentNs[slot]!,
      doneNs,
      window.subject[slot]!,
      streamSequence,
      outcome,
      history.reasonIndex(reason),
    );
    window.release(slot);
  }
}
