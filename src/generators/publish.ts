import type { z } from 'zod';
import { nowNs } from '../base/clock.js';
import { withDeadline } from '../base/wait.js';
import type { LoadKindFacts } from '../contracts/load.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import { refusedPublish } from '../wire/server-error.js';
import { BatchFeed } from './batch-feed.js';
import { batchSchema } from './batch-schema.js';
import { traceEveryOf } from './event-headers.js';
import type { Feed } from './feed.js';
import { FrameFeed } from './frame-feed.js';
import type { LoadKind, Traffic, TrafficRun, TrafficSetting } from './load-kind.js';
import { pacedSchema } from './paced-schema.js';
import { countRange } from './range-counter.js';
import { traceparentSchema } from './traceparent-schema.js';

const schema = pacedSchema.extend({ traceparent: traceparentSchema, batch: batchSchema });
type PublishParams = z.output<typeof schema>;

/** As long as an acknowledgement is waited for. A server that is paused does not keep the load from its end for longer. */
const LAST_WORD_MS = 5000;

const facts: LoadKindFacts = {
  acknowledged: false,
  history: [],
  events: true,
  bodiesOfMix: true,
  beginsTraces: true,
  needsStream: false,
  schedules: ['open', 'max'],
};

/**
 * Core publishes: nothing comes back. An operation is an event. It is ok when the kernel has the message that it goes
 * in, unknown when the connection died before.
 */
export const publish: LoadKind = {
  kind: 'publish',
  summary: 'core publishes, as fast as the schedule says; nobody acknowledges them',
  facts,
  schema,
  create: (setting) => new PublishTraffic(setting),
};

class PublishTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #connection: WireConnection;
  #feed: Feed | undefined;
  /** The feed, where it puts several events into a message. */
  #batches: BatchFeed | undefined;
  #run: TrafficRun | undefined;
  inFlight = 0;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    this.#connection = setting.connection({
      onMessage: () => {},
      onConnected: () => setting.onRoom(),
      onServerError: (text) => {
        if (refusedPublish(text) !== undefined) this.#onRefused();
      },
    });
  }

  get meanBytes(): number {
    return this.#feed!.meanBytes;
  }

  async open(): Promise<void> {
    const { headers, batch } = this.#setting.load.params as PublishParams;
    await this.#connection.connect();
    if (batch === undefined) {
      this.#feed = new FrameFeed(this.#setting, this.#connection, { headers }, (flushed, phase, count) =>
        this.#onFlushed(flushed, phase, count),
      );
      return;
    }
    this.#batches = new BatchFeed(this.#setting, this.#connection, {
      batch,
      headers,
      traceEvery: traceEveryOf(this.#setting),
      onFlushed: (flushed, phase, events, messages) => {
        this.#onFlushed(flushed, phase, events);
        if (flushed) this.#run?.recorder.count(COUNTER.messages, phase, messages);
      },
    });
    this.#feed = this.#batches;
  }

  #onFlushed(flushed: boolean, phase: number, events: number): void {
    this.inFlight -= events;
    this.#run?.recorder.count(flushed ? COUNTER.ok : COUNTER.unknown, phase, events);
  }

  /**
   * The server has it, and will not deliver it: one -ERR comes for each message. Which one it was, and when due, nobody
   * says; nor how many events were in it: as many as in the others.
   */
  #onRefused(): void {
    const recorder = this.#run?.recorder;
    const phase = recorder?.phaseAt(nowNs()) ?? 0;
    const events = this.#batches?.eventsPerMessage ?? 1;
    recorder?.count(COUNTER.ok, phase, -events);
    recorder?.count(COUNTER.failed, phase, events);
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
    const sent = this.#feed!.send(first, count, blocked);
    this.inFlight += sent;
    return sent;
  }

  giveUp(first: number, count: number, atNs: number): void {
    const { pacer, startNs, recorder } = this.#run!;
    countRange(this.#run!, COUNTER.unsent, first, count);
    this.#feed!.pass?.(count);
    // They will not be received: leaving them out of the lag would be survivors' statistics.
    for (let operation = first; operation < first + count; operation++) {
      const dueNs = startNs + pacer.dueNs(operation);
      recorder.censored(MEASURE.lag, dueNs, atNs - dueNs);
    }
  }

  drop(first: number, count: number): void {
    countRange(this.#run!, COUNTER.dropped, first, count);
    this.#feed!.pass?.(count);
  }

  /** What is in a message that cannot leave waits no longer than what is in none. */
  expire(byNs: number): void {
    const { backlog } = this.#setting.load.params as PublishParams;
    const { recorder } = this.#run!;
    this.#batches?.giveUp(byNs - backlog, (phase, events, lastDueNs) => {
      this.inFlight -= events;
      recorder.count(COUNTER.unsent, phase, events);
      for (let i = 0; i < events; i++) recorder.censored(MEASURE.lag, lastDueNs, byNs - lastDueNs);
    });
  }

  beat(atNs: number): number {
    return this.#batches?.flushDue(atNs) ?? Number.POSITIVE_INFINITY;
  }

  /** Until the server has answered a PING, it may still refuse what was sent before. */
  windDown(atNs: number): void {
    this.#batches?.end(atNs);
    if (!this.#connection.connected) return;
    this.inFlight++;
    const ended = () => {
      this.inFlight--;
      this.#setting.onRoom();
    };
    void withDeadline(this.#connection.flush(), LAST_WORD_MS, 'the last word').then(ended, ended);
  }

  flush(): void {}

  async close(): Promise<void> {
    await this.#connection.close();
    this.#feed?.close?.();
  }
}
