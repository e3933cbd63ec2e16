import { STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import type { Client, Run } from 'autocannon';
import { NS } from '../../base/clock.js';
import { messageOf, PreflightError } from '../../base/errors.js';
import { COUNTER, MEASURE } from '../../metrics/load-recorder.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { shareOf } from '../worker-share.js';
import { HttpClient, type HttpClientEvents, LATE } from './http-client.js';
import type { HttpParams } from './http-schema.js';
import { type HttpTarget, MONITOR, readTarget } from './http-target.js';
import { UnsentLedger } from './unsent-ledger.js';

const PROBE_MS = 5000;
/** How often autocannon looks whether it is to stop. */
const SAMPLE_MS = 100;
/** autocannon ends by itself only when this load has forgotten it. */
const FOREVER_S = 20 * 24 * 3600;

/** One worker: autocannon with its connections, in this thread. What is sent when is its own doing. */
export class HttpTraffic implements Traffic, HttpClientEvents {
  readonly #setting: TrafficSetting;
  readonly #params: HttpParams;
  readonly #url: string;
  readonly #bodyBytes: number;
  readonly #clients: HttpClient[] = [];
  #autocannon: typeof import('autocannon').default | undefined;
  #cannon: Run | undefined;
  #run: TrafficRun | undefined;
  /** With a rate. */
  #ledger: UnsentLedger | undefined;
  #busy = 0;
  #hasEnded = false;
  #failure: Error | undefined;
  #giveUpNs = Number.POSITIVE_INFINITY;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    this.#params = setting.load.params as HttpParams;
    const { url } = this.#params;
    this.#bodyBytes = Buffer.byteLength(this.#params.body ?? '');
    this.#url = url === MONITOR ? (setting.metricsUrl ?? '') : url;
  }

  /** Requests under way; while the load winds down, one more until autocannon has ended. */
  get inFlight(): number {
    return this.#busy + (Number.isFinite(this.#giveUpNs) && this.#cannon && !this.#hasEnded ? 1 : 0);
  }

  /** Looks whether anybody is there. */
  async open(): Promise<void> {
    const { load } = this.#setting;
    const target = readTarget(this.#url);
    if ('problem' in target) {
      throw new PreflightError(
        `load ${load.name}: there is no monitor in this run whose page could be asked for`,
      );
    }
    try {
      await probe(target);
    } catch (error) {
      throw new PreflightError(
        `load ${load.name}: nothing answers at ${target.address}: ${messageOf(error)}`,
        {
          cause: error,
          hint: 'Check that it runs, and that the address and the port are right.',
        },
      );
    }
    // Only a run with such a load pays for it.
    this.#autocannon = (await import('autocannon')).default;
  }

  begin(run: TrafficRun): void {
    this.#run = run;
  }

  beat(atNs: number): number {
    if (this.#failure) throw this.#failure;
    if (this.#cannon === undefined && !Number.isFinite(this.#giveUpNs)) this.#fire();
    if (!Number.isFinite(this.#giveUpNs)) this.#ledger?.advance(atNs);
    if (atNs >= this.#giveUpNs) this.#abandon(atNs);
    return Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    const { load, worker } = this.#setting;
    const { method, headers, body, timeout } = this.#params;
    const { schedule } = load;
    const perSec = schedule.mode === 'open' ? schedule.stages[0]!.toPerSec / load.workers : undefined;
    if (perSec !== undefined) this.#ledger = new UnsentLedger(this.#run!);
    const connections =
      schedule.mode === 'closed'
        ? shareOf(schedule.concurrency, worker, load.workers)
        : Math.min(this.#params.connections, perSec ?? 1);
    this.#cannon = this.#autocannon!(
      {
        url: this.#url,
        connections,
        duration: FOREVER_S,
        timeout: timeout / NS.s,
        method,
        headers,
        ...(body !== undefined && { body }),
        ...(perSec !== undefined && { overallRate: perSec }),
        sampleInt: SAMPLE_MS,
        setupClient: (client: Client) => {
          // As autocannon shares the rate among its connections.
          const share =
            perSec &&
            Math.floor(perSec / connections) + (this.#clients.length < perSec % connections ? 1 : 0);
          this.#clients.push(new HttpClient(client, share, timeout, this));
        },
      },
      (error) => {
        this.#failure = error ?? undefined;
        this.#hasEnded = true;
        this.#setting.onRoom();
      },
    );
  }

  onRequest(client: HttpClient): void {
    const { recorder } = this.#run!;
    client.phase = recorder.phaseAt(client.dueNs);
    if (this.#ledger) this.#ledger.sent();
    else recorder.count(COUNTER.due, client.phase, 1);
    recorder.count(COUNTER.sent, client.phase, 1);
    recorder.count(COUNTER.bytes, client.phase, this.#bodyBytes);
    this.#busy++;
  }

  onResponse(client: HttpClient, status: number, bytes: number, doneNs: number): void {
    this.#run!.recorder.count(COUNTER.reply_bytes, client.phase, bytes);
    if (status >= 200 && status < 300) this.#succeed(client, doneNs);
    else this.onLost(client, 'failed', `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trim(), doneNs);
  }

  #succeed({ dueNs, sentNs, phase }: HttpClient, doneNs: number): void {
    const { recorder } = this.#run!;
    this.#busy--;
    recorder.count(COUNTER.ok, phase, 1);
    recorder.latency(MEASURE.ackLatency, dueNs, doneNs - dueNs);
    recorder.latency(MEASURE.serviceTime, dueNs, doneNs - sentNs);
  }

  onLost(
    { dueNs, sentNs, phase }: HttpClient,
    kind: 'failed' | 'unknown',
    reason: string,
    doneNs: number,
  ): void {
    const { recorder } = this.#run!;
    this.#busy--;
    recorder.count(COUNTER[kind], phase, 1);
    recorder.censored(MEASURE.ackLatency, dueNs, doneNs - dueNs);
    recorder.censored(MEASURE.serviceTime, dueNs, doneNs - sentNs);
    recorder.trouble(dueNs, doneNs, reason);
    this.#setting.notices.add('operation-error', reason);
  }

  windDown(atNs: number): void {
    const { startNs, pacer } = this.#run!;
    const untilNs = Math.min(atNs, startNs + pacer.endNs);
    this.#ledger?.giveUpBefore(untilNs, atNs);
    this.#ledger?.settle(untilNs);
    this.#giveUpNs = atNs + this.#params.timeout;
    for (const client of this.#clients) client.end();
  }

  stop(atNs: number): void {
    this.#giveUpNs = Math.min(this.#giveUpNs, atNs + this.#params.timeout);
  }

  /** What has no response by now will not be waited for. */
  #abandon(atNs: number): void {
    this.#giveUpNs = Number.MAX_VALUE;
    for (const client of this.#clients) {
      if (!client.isBusy) continue;
      client.isBusy = false;
      this.onLost(client, 'unknown', LATE, atNs);
    }
    this.#cannon?.stop();
  }

  /** autocannon sends by itself: what is due is taken note of elsewhere. */
  room(): number {
    return this.#ledger === undefined ? 0 : Number.MAX_SAFE_INTEGER;
  }

  heldBySystem(): boolean {
    return true;
  }

  send(_first: number, count: number): number {
    return count;
  }

  giveUp(): void {}

  drop(): void {}

  expire(): void {}

  flush(): void {}

  async close(): Promise<void> {
    this.#cannon?.stop();
  }
}

/** Resolves when a connection can be had. */
function probe({ host, port }: HttpTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PROBE_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => {
      socket.destroy();
      reject(new Error(`no connection within ${PROBE_MS / 1000} s`));
    });
    socket.once('error', reject);
  });
}
