import type { z } from 'zod';
import { nowNs, sleep } from '../base/clock.js';
import type { LoadKindFacts } from '../contracts/load.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { WireConnection } from '../wire/connection.js';
import { refusedPublish } from '../wire/server-error.js';
import { FrameFeed } from './frame-feed.js';
import type { LoadKind, Traffic, TrafficRun, TrafficSetting } from './load-kind.js';
import { pacedSchema } from './paced-schema.js';
import { countRange } from './range-counter.js';
import { traceparentSchema } from './traceparent-schema.js';

const schema = pacedSchema.extend({ traceparent: traceparentSchema });
type PublishParams = z.output<typeof schema>;

/** A server that is paused does not keep the load from its end for longer. */
const LAST_WORD_MS = 1000;

const facts: LoadKindFacts = {
  acknowledged: false,
  history: false,
  events: true,
  needsStream: false,
  schedules: ['open', 'max'],
};

/** Core publishes: nothing comes back. An operation is ok when the kernel has it, unknown when the connection died before. */
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
  #feed: FrameFeed | undefined;
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
    const { headers } = this.#setting.load.params as PublishParams;
    await this.#connection.connect();
    this.#feed = new FrameFeed(this.#setting, this.#connection, { headers }, (flushed, phase, count) => {
      this.inFlight -= count;
      this.#run?.recorder.count(flushed ? COUNTER.ok : COUNTER.unknown, phase, count);
    });
  }

  /** The server has it, and will not deliver it: one -ERR comes for each. Which one it was, and when due, nobody says. */
  #onRefused(): void {
    const recorder = this.#run?.recorder;
    const phase = recorder?.phaseAt(nowNs()) ?? 0;
    recorder?.count(COUNTER.ok, phase, -1);
    recorder?.count(COUNTER.failed, phase, 1);
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
    this.#feed!.pass(count);
    // They will not be received: leaving them out of the lag would be survivors' statistics.
    for (let operation = first; operation < first + count; operation++) {
      const dueNs = startNs + pacer.dueNs(operation);
      recorder.censored(MEASURE.lag, dueNs, atNs - dueNs);
    }
  }

  drop(first: number, count: number): void {
    countRange(this.#run!, COUNTER.dropped, first, count);
    this.#feed!.pass(count);
  }

  expire(): void {}

  /** Until the server has answered a PING, it may still refuse what was sent before. */
  windDown(): void {
    if (!this.#connection.connected) return;
    this.inFlight++;
    const late = new AbortController();
    const answered = this.#connection.flush().catch(() => {});
    void Promise.race([answered, sleep(LAST_WORD_MS, late.signal).catch(() => {})]).then(() => {
      late.abort();
      this.inFlight--;
      this.#setting.onRoom();
    });
  }

  flush(): void {}

  async close(): Promise<void> {
    await this.#connection.close();
    this.#feed?.close();
  }
}
