import type { Client } from 'autocannon';
import { NS, nowNs } from '../../base/clock.js';
import { ClientPace } from './client-pace.js';

/** Why a request has no response, be it autocannon or the end of the load that waits no longer. */
export const LATE = 'no response in time';
/** How early a timer may come. */
const TIMER_NS = 5 * NS.ms;

/** What becomes of the requests of one connection. */
export interface HttpClientEvents {
  onRequest(client: HttpClient): void;
  onResponse(client: HttpClient, status: number, bytes: number, doneNs: number): void;
  /** The response cannot come any more, or not in time. */
  onLost(client: HttpClient, kind: 'failed' | 'unknown', reason: string, doneNs: number): void;
}

/**
 * One connection of autocannon, with the request that is under way on it. Times are taken here: autocannon's own are
 * rounded to milliseconds, and go wrong on a connection that was made anew.
 */
export class HttpClient {
  /** The request that is under way: when it was due and sent, and the phase that it belongs to. */
  isBusy = false;
  dueNs = 0;
  sentNs = 0;
  phase = 0;
  readonly #client: Client;
  readonly #pace: ClientPace | undefined;
  #isLast = false;
  /** When the last response came. */
  #doneNs = Number.NEGATIVE_INFINITY;

  /**
   * @param perSec how many requests it may send in a second; `undefined` when the next is due with each response
   * @param timeoutNs after which autocannon gives a response up, and connects anew
   */
  constructor(client: Client, perSec: number | undefined, timeoutNs: number, events: HttpClientEvents) {
    this.#client = client;
    this.#pace = perSec === undefined ? undefined : new ClientPace(perSec);
    const lose = (kind: 'failed' | 'unknown', reason: string) => {
      if (!this.isBusy) return;
      this.isBusy = false;
      this.#doneNs = nowNs();
      events.onLost(this, kind, reason, this.#doneNs);
      if (this.#isLast) client.destroy();
    };
    const loseMute = () => {
      const isLate = nowNs() - this.sentNs >= timeoutNs - TIMER_NS;
      lose('unknown', isLate ? LATE : 'the connection was closed before the response');
    };
    client.on('request', () => {
      if (this.#isLast) return;
      // The connection was closed, or the time was over, and it was made anew.
      loseMute();
      this.isBusy = true;
      this.sentNs = nowNs();
      this.dueNs = this.#pace?.dueNs(this.sentNs, this.#doneNs) ?? this.sentNs;
      events.onRequest(this);
    });
    client.on('response', (status: number, bytes: number) => {
      if (!this.isBusy) return;
      this.isBusy = false;
      this.#doneNs = nowNs();
      events.onResponse(this, status, bytes, this.#doneNs);
      // It would send the next one now.
      if (this.#isLast) client.destroy();
    });
    client.on('connError', (error: Error) => {
      const isCertain = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH/.test(error.message);
      lose(isCertain ? 'failed' : 'unknown', error.message);
    });
    // By now the next request is under way, unless there is none.
    client.on('timeout', () => {
      if (this.#isLast) loseMute();
    });
  }

  /** Sends nothing any more; ends when what is under way has its response. */
  end(): void {
    this.#isLast = true;
    if (!this.isBusy) this.#client.destroy();
  }
}
