import type { Client } from 'autocannon';
import { nowNs } from '../../base/clock.js';
import { ClientPace } from './client-pace.js';

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

  /** @param perSec how many requests it may send in a second; `undefined` when the next is due with each response */
  constructor(client: Client, perSec: number | undefined, events: HttpClientEvents) {
    this.#client = client;
    this.#pace = perSec === undefined ? undefined : new ClientPace(perSec);
    const lose = (kind: 'failed' | 'unknown', reason: string) => {
      if (!this.isBusy) return;
      this.isBusy = false;
      this.#doneNs = nowNs();
      events.onLost(this, kind, reason, this.#doneNs);
    };
    client.on('request', () => {
      if (this.#isLast) return;
      // The server closed the connection without an answer, and it was made anew.
      lose('unknown', 'the connection was closed before the response');
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
      if (this.#isLast) this.#client.destroy();
    });
    client.on('connError', (error: Error) => {
      const isCertain = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH/.test(error.message);
      lose(isCertain ? 'failed' : 'unknown', error.message);
    });
    client.on('timeout', () => lose('unknown', 'no response in time'));
  }

  /** Sends nothing any more; ends when what is under way has its response. */
  end(): void {
    this.#isLast = true;
    if (!this.isBusy) this.#client.destroy();
  }
}
