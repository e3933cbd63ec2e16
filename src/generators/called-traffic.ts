import { JetStreamApiError } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { NS, nowNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { formatDuration } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { AnsweredParams } from './answered-schema.js';
import { giveUpRange } from './give-up-range.js';
import type { LibraryConnection } from './library-connection.js';
import type { Traffic, TrafficRun, TrafficSetting } from './load-kind.js';
import { countRange } from './range-counter.js';
import { inFlightOf } from './worker-share.js';

/**
 * Operations that are calls of a library, each made of several messages: a few thousand a second at most. The window
 * is how many are under way at a time. A call that does not come back in time is unknown, and its end no longer heard.
 */
export abstract class CalledTraffic implements Traffic {
  protected readonly setting: TrafficSetting;
  readonly #limit: number;
  readonly #timeoutNs: number;
  readonly #timeoutReason: string;
  #connection: LibraryConnection | undefined;
  #run: TrafficRun | undefined;
  #isPaced = true;
  #calls = 0;
  inFlight = 0;

  constructor(setting: TrafficSetting) {
    this.setting = setting;
    const { load, worker } = setting;
    const params = load.params as AnsweredParams;
    this.#limit = inFlightOf(load, worker, params.window);
    this.#timeoutNs = params['ack-timeout'];
    this.#timeoutReason = `no answer within ${formatDuration(this.#timeoutNs)}`;
  }

  abstract readonly meanBytes: number;

  /** Makes ready for the first call; called once, with the connection open. */
  protected abstract prepare(nats: NatsConnection): Promise<void>;

  /**
   * Makes the worker's `call`-th call, which was due in `phase`; resolves to the payload bytes that it sent, rejects
   * with what went wrong.
   */
  protected abstract perform(call: number, phase: number): Promise<number>;

  async open(): Promise<void> {
    this.#connection = await this.setting.library();
    await this.prepare(this.#connection.nats);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  begin(run: TrafficRun): void {
    this.#run = run;
    this.#isPaced = Number.isFinite(run.pacer.total);
  }

  protected get run(): TrafficRun {
    return this.#run!;
  }

  room(): number {
    return this.#connection?.isUp ? this.#limit - this.inFlight : 0;
  }

  heldBySystem(): boolean {
    return true;
  }

  send(first: number, count: number, blocked: boolean): number {
    const { pacer, startNs, recorder } = this.run;
    for (let i = 0; i < count; i++) {
      const sentNs = nowNs();
      const dueNs = this.#isPaced ? startNs + pacer.dueNs(first + i) : sentNs;
      const phase = recorder.phaseAt(dueNs);
      if (this.#isPaced && !blocked)
        recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, sentNs - dueNs));
      if (!this.#isPaced) recorder.count(COUNTER.due, phase, 1);
      recorder.count(COUNTER.sent, phase, 1);
      if (blocked) recorder.count(COUNTER.blocked, phase, 1);
      this.inFlight++;
      void this.#call(this.#calls++, dueNs, sentNs, phase);
    }
    return count;
  }

  giveUp(first: number, count: number, atNs: number): void {
    giveUpRange(this.run, first, count, atNs);
  }

  drop(first: number, count: number): void {
    countRange(this.run, COUNTER.dropped, first, count);
  }

  /** Each call keeps its own time. */
  expire(): void {}

  flush(): void {}

  async #call(call: number, dueNs: number, sentNs: number, phase: number): Promise<void> {
    const { recorder } = this.run;
    try {
      const bytes = await withDeadline(
        this.perform(call, phase),
        this.#timeoutNs / NS.ms,
        this.#timeoutReason,
      );
      const doneNs = nowNs();
      recorder.count(COUNTER.ok, phase, 1);
      recorder.count(COUNTER.bytes, phase, bytes);
      recorder.latency(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.latency(MEASURE.serviceTime, dueNs, doneNs - sentNs);
    } catch (thrown) {
      const doneNs = nowNs();
      const reason = doneNs - sentNs >= this.#timeoutNs ? this.#timeoutReason : messageOf(thrown);
      this.setting.notices.add('operation-error', reason);
      recorder.count(certainlyNot(thrown) ? COUNTER.failed : COUNTER.unknown, phase, 1);
      recorder.censored(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.censored(MEASURE.serviceTime, dueNs, doneNs - sentNs);
      recorder.trouble(dueNs, doneNs, reason);
    }
    this.inFlight--;
    this.setting.onRoom();
  }
}

/** Whether the error says that what was asked for has not happened and will not. */
function certainlyNot(thrown: unknown): boolean {
  if (thrown instanceof errors.NoRespondersError || thrown instanceof errors.PermissionViolationError)
    return true;
  // The library wraps what a request met.
  if (thrown instanceof errors.RequestError) return thrown.isNoResponders();
  return thrown instanceof JetStreamApiError && thrown.status < 500;
}
