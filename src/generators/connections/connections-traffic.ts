import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { formatInteger } from '../../base/units.js';
import type { ServerAccess } from '../../contracts/load.js';
import { COUNTER, MEASURE } from '../../metrics/load-recorder.js';
import { giveUpRange } from '../give-up-range.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { countRange } from '../range-counter.js';
import { inFlightOf, shareOf } from '../worker-share.js';
import type { ConnectionsParams } from './connections-schema.js';
import { HeldConnection } from './held-connection.js';

/** One worker's connections: attempts under way, those that are open, oldest first, and those that are closing. */
export class ConnectionsTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #params: ConnectionsParams;
  readonly #most: number;
  readonly #window: number;
  readonly #accesses: readonly ServerAccess[];
  readonly #open = new Set<HeldConnection>();
  #attempts = 0;
  #closing = 0;
  #opened = 0;
  #peak = 0;
  #run: TrafficRun | undefined;
  /** When the last of them is closed, at the latest; Infinity until the load winds down. */
  #endNs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    const { load, worker, access } = setting;
    this.#params = load.params as ConnectionsParams;
    this.#most = shareOf(this.#params.connections, worker, load.workers);
    this.#window = inFlightOf(load, worker, this.#params.window);
    // Certificates and keys are decoded once an access.
    this.#accesses = access.servers.map((server) => ({ ...access, servers: [server] }));
  }

  /** Attempts; while the load winds down, also what is still open. */
  get inFlight(): number {
    const isEnding = Number.isFinite(this.#endNs);
    return this.#attempts + (isEnding ? this.#open.size + this.#closing : 0);
  }

  /** One connection, to know before the load begins whether any can be had. */
  async open(): Promise<void> {
    const probe = this.#setting.connection({ onMessage: () => {} });
    await probe.connect();
    await probe.close();
  }

  begin(run: TrafficRun): void {
    this.#run = run;
  }

  /** With every place taken, each new connection takes that of the oldest open one. */
  room(): number {
    return Math.max(0, Math.min(this.#window, this.#most) - this.#attempts);
  }

  heldBySystem(): boolean {
    return true;
  }

  send(first: number, count: number, blocked: boolean): number {
    const { pacer, startNs, recorder } = this.#run!;
    const isPaced = Number.isFinite(pacer.total);
    for (let operation = first; operation < first + count; operation++) {
      const sentNs = nowNs();
      const dueNs = isPaced ? startNs + pacer.dueNs(operation) : sentNs;
      const phase = recorder.phaseAt(dueNs);
      if (!isPaced) recorder.count(COUNTER.due, phase, 1);
      else if (!blocked) recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, sentNs - dueNs));
      recorder.count(COUNTER.sent, phase, 1);
      if (blocked) recorder.count(COUNTER.blocked, phase, 1);
      void this.#attempt(dueNs, sentNs, phase);
    }
    return count;
  }

  async #attempt(dueNs: number, sentNs: number, phase: number): Promise<void> {
    const { recorder } = this.#run!;
    if (this.#open.size + this.#attempts >= this.#most) this.#closeOldest();
    this.#attempts++;
    const connection = this.#newConnection();
    try {
      await connection.open();
      const doneNs = nowNs();
      recorder.count(COUNTER.ok, phase, 1);
      recorder.latency(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.latency(MEASURE.serviceTime, dueNs, doneNs - sentNs);
      this.#hold(connection, doneNs);
    } catch (error) {
      const doneNs = nowNs();
      const reason = messageOf(error);
      recorder.count(COUNTER.failed, phase, 1);
      recorder.censored(MEASURE.ackLatency, dueNs, doneNs - dueNs);
      recorder.censored(MEASURE.serviceTime, dueNs, doneNs - sentNs);
      recorder.trouble(dueNs, doneNs, reason);
      this.#setting.notices.add('operation-error', reason);
      this.#close(connection);
    }
    this.#attempts--;
    this.#setting.onRoom();
  }

  #newConnection(): HeldConnection {
    const { worker, load, connectionName, notices } = this.#setting;
    const number = this.#opened++;
    return new HeldConnection({
      access: this.#accesses[(worker + number) % this.#accesses.length]!,
      name: connectionName,
      timeoutMs: this.#params.timeout / NS.ms,
      subjects: Array.from(
        { length: this.#params.subscriptions },
        (_, i) => `connections.${load.name}.${worker}.${number}.${i}`,
      ),
      onLost: (connection, reason) => {
        // One that is still on its way says so itself.
        if (this.#open.delete(connection)) notices.add('disconnected', reason);
        this.#setting.onRoom();
      },
      onServerError: (text) => notices.addServerError(text),
    });
  }

  #hold(connection: HeldConnection, openedNs: number): void {
    connection.openedNs = openedNs;
    this.#open.add(connection);
    this.#peak = Math.max(this.#peak, this.#open.size);
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(connection: HeldConnection): void {
    this.#open.delete(connection);
    this.#closing++;
    void connection.close().then(() => {
      this.#closing--;
      this.#setting.onRoom();
    });
  }

  beat(atNs: number): number {
    const { hold = Number.POSITIVE_INFINITY } = this.#params;
    const isOver = atNs >= this.#endNs;
    // The oldest come first.
    for (const connection of this.#open) {
      if (!isOver && atNs < connection.openedNs + hold) return connection.openedNs + hold;
      this.#close(connection);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** What is open is held until the schedule is over: it may have ended with its last connection long before. */
  windDown(atNs: number): void {
    const { pacer, startNs } = this.#run!;
    this.#endNs = this.#isStopped ? atNs : startNs + pacer.endNs;
  }

  stop(atNs: number): void {
    this.#isStopped = true;
    if (Number.isFinite(this.#endNs)) this.#endNs = atNs;
  }

  giveUp(first: number, count: number, atNs: number): void {
    giveUpRange(this.#run!, first, count, atNs);
  }

  drop(first: number, count: number): void {
    countRange(this.#run!, COUNTER.dropped, first, count);
  }

  expire(): void {}

  flush(): void {}

  async close(): Promise<void> {
    if (this.#peak > 0) {
      const most = formatInteger(this.#peak);
      this.#setting.notices.add('note', `at most ${most} of a worker's connections were open at a time`);
    }
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }
}
