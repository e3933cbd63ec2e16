import { nowNs } from '../../base/clock.js';
import { PreflightError } from '../../base/errors.js';
import { CLOSED_BY_US, type WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import type { TrafficSetting } from '../load-kind.js';
import type { Arrivals } from './arrivals.js';
import type { Slowness } from './slowness.js';

export interface SubscriberLinkOptions {
  /** The how many-th connection of its worker. */
  readonly nth: number;
  /** Its subscribers, among those of the worker: from this on, so many. */
  readonly firstSubscriber: number;
  readonly subscribers: number;
  readonly filters: readonly string[];
  readonly queue: string | undefined;
}

/** A connection with the subscribers on it, which reads as slowly as it is told. */
export class SubscriberLink {
  readonly #setting: TrafficSetting;
  readonly #options: SubscriberLinkOptions;
  readonly #arrivals: Arrivals;
  readonly #slowness: Slowness;
  readonly #connection: WireConnection;
  readonly #sids: number[] = [];
  /** What the server says before it has let us in entirely. */
  #refusals: string[] | undefined = [];
  #readNs = 0;
  /** When what was read will have been worked off. */
  #busyUntilNs = 0;
  #isPaused = false;

  constructor(
    setting: TrafficSetting,
    options: SubscriberLinkOptions,
    arrivals: Arrivals,
    slowness: Slowness,
  ) {
    this.#setting = setting;
    this.#options = options;
    this.#arrivals = arrivals;
    this.#slowness = slowness;
    this.#connection = setting.connection(
      {
        onReadStart: () => {
          this.#readNs = nowNs();
        },
        onMessage: slowness.delayNs > 0 ? this.#onMessageSlowly : this.#onMessage,
        onReadEnd: () => this.#adjust(this.#readNs),
        onConnected: () => this.#adjust(nowNs()),
        onDisconnected: (reason) => this.#onDisconnected(reason),
        onServerError: (text) => void this.#refusals?.push(text),
      },
      options.nth,
    );
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  async open(): Promise<void> {
    await this.#connection.connect();
  }

  /** Subscribes; throws a PreflightError when the server does not let us. */
  async listen(): Promise<void> {
    this.subscribe();
    await this.#connection.flush();
    const refusal = this.#refusals?.[0];
    this.#refusals = undefined;
    if (refusal === undefined) return;
    throw new PreflightError(`load ${this.#setting.load.name} may not listen: ${refusal}`, {
      hint: 'give its user the permission to subscribe, or let it listen to other subjects',
    });
  }

  subscribe(): void {
    const { subscribers, filters, queue } = this.#options;
    // The sids of a connection count from 1: a message's sid says whose it is.
    for (let i = 0; i < subscribers; i++) {
      for (const filter of filters) this.#sids.push(this.#connection.subscribe(filter, queue));
    }
  }

  /** Listens no more; resolves when what was on its way has come. */
  async leave(): Promise<void> {
    for (const sid of this.#sids.splice(0)) this.#connection.unsubscribe(sid);
    await this.#connection.flush().catch(() => {});
  }

  async close(): Promise<void> {
    this.#connection.resume();
    await this.#connection.close();
  }

  /** Reads, or stops reading, as is due; returns when to be called again at the latest. */
  adjust(atNs: number): number {
    this.#adjust(atNs);
    return this.#isPaused ? this.#busyUntil(atNs) : Number.POSITIVE_INFINITY;
  }

  #busyUntil(atNs: number): number {
    if (this.#slowness.isOver) return 0;
    return Math.max(this.#busyUntilNs, this.#slowness.stalledUntilNs(atNs));
  }

  #adjust(atNs: number): void {
    const isBusy = this.#busyUntil(atNs) > atNs;
    // A connection that was made anew reads by itself: it is told again.
    if (isBusy) this.#connection.pause();
    else if (this.#isPaused) this.#connection.resume();
    this.#isPaused = isBusy;
  }

  readonly #onMessage = (view: MessageView): void => {
    this.#arrivals.add(view, this.#subscriberOf(view.sid), this.#readNs, this.#readNs);
  };

  readonly #onMessageSlowly = (view: MessageView): void => {
    const { delayNs, isOver } = this.#slowness;
    this.#busyUntilNs = Math.max(this.#busyUntilNs, this.#readNs) + (isOver ? 0 : delayNs);
    this.#arrivals.add(view, this.#subscriberOf(view.sid), this.#readNs, this.#busyUntilNs);
  };

  #subscriberOf(sid: number): number {
    const { firstSubscriber, subscribers, filters } = this.#options;
    return subscribers === 1 ? firstSubscriber : firstSubscriber + Math.floor((sid - 1) / filters.length);
  }

  #onDisconnected(reason: string): void {
    if (reason !== CLOSED_BY_US && this.#slowness.isWanted) {
      // Whether that is why, the servers' own pages say, where they can be read.
      this.#setting.notices.add('note', 'a connection was ended that is read slowly, as it was told');
    }
    this.#busyUntilNs = 0;
  }
}
