import { NS, nowNs } from '../base/clock.js';
import type { LoadNotice, ServerAddress } from '../contracts/load.js';
import type { OwnEvent } from '../contracts/own-event.js';
import { kindOfServerError } from '../wire/server-error.js';
import type { SightFigures } from './page/sight-figures.js';

export interface SightOptions {
  readonly onNotice: (notice: LoadNotice) => void;
  /** Events can be seen from then on, and could not be from then on. */
  readonly onSight: (isSeeing: boolean, atNs: number) => void;
  readonly say: (event: OwnEvent) => void;
}

/**
 * Keeps account of when the monitor sees and when it is blind, and says what it goes through: as notices, and as events.
 * It sees while it is connected and the server has its subscription.
 */
export class Sight {
  readonly #options: SightOptions;
  #hasSeen = false;
  #waitedForServer = false;
  #isConnectedAnew = false;
  #server = '';
  #reconnects = 0;
  #blindNs = 0;
  /** Monotonic; undefined while it sees. */
  #blindSinceNs: number | undefined = nowNs();
  #reason = 'not connected yet';
  /** Why each server last refused a reconnection, by its address. */
  readonly #refusals = new Map<string, string>();

  constructor(options: SightOptions) {
    this.#options = options;
  }

  /** Of the time until the first connection, which is a beginning, it is told that no server can be reached: blindness. */
  waitForServer(reason: string): void {
    this.#waitedForServer = true;
    this.#reason = `not connected: ${reason}`;
    this.#options.onSight(false, this.#blindSinceNs!);
    this.#tell('disconnected', `${reason}; it goes on trying`);
    this.#say('MonitorDisconnected', { reason });
  }

  onConnected({ host, port }: ServerAddress): void {
    this.#server = `${host}:${port}`;
    if (this.#isConnectedAnew) this.#reconnects++;
    this.#isConnectedAnew = true;
    this.#refusals.clear();
  }

  /** The server has the subscription. */
  onTaken(): void {
    const now = nowNs();
    if (this.#blindSinceNs === undefined) return;
    const server = this.#server;
    const blindNs = this.#counts ? now - this.#blindSinceNs : 0;
    const blind = { blind_seconds: Math.round(blindNs / NS.ms) / 1000 };
    this.#blindNs += blindNs;
    this.#blindSinceNs = undefined;
    this.#options.onSight(true, now);
    if (this.#counts) this.#tell('reconnected', `to ${server}`, now);
    if (this.#hasSeen) this.#say('MonitorReconnected', { server, ...blind });
    else this.#say('MonitorStarted', { server, ...(this.#waitedForServer && blind) });
    this.#hasSeen = true;
  }

  /** @param sinceNs when the server was heard last, where that was before it was given up */
  onDisconnected(reason: string, sinceNs = nowNs()): void {
    this.#reason = `not connected: ${reason}`;
    // Before it ever saw, the attempts to connect tell of themselves.
    if (!this.#counts) return;
    if (this.#goBlind(sinceNs)) this.#tell('disconnected', reason, sinceNs);
    this.#say('MonitorDisconnected', { reason });
  }

  /** The server does not let the monitor listen: it is connected, and blind. */
  onSubscriptionRefused(text: string): void {
    const now = nowNs();
    this.#reason = text;
    this.#tell(kindOfServerError(text), text);
    if (this.#goBlind(now)) this.#tell('disconnected', text, now);
    this.#say('MonitorRefused', { server: this.#server, reason: text });
  }

  onRefused({ host, port }: ServerAddress, reason: string): void {
    const server = `${host}:${port}`;
    const text = `${server} refused a reconnection: ${reason}`;
    this.#reason = `not connected: ${reason}`;
    this.#tell('server-error', text);
    // It is tried again and again: as an event it is told when it changes.
    if (this.#refusals.get(server) === reason) return;
    this.#refusals.set(server, reason);
    this.#say('MonitorServerError', { kind: 'server-error', server, text });
  }

  onServerError(text: string): void {
    const kind = kindOfServerError(text);
    this.#tell(kind, text);
    this.#say('MonitorServerError', { kind, server: this.#server, text });
  }

  /** Its last word, if it ever said one. */
  end(): void {
    if (this.#hasSeen || this.#waitedForServer) this.#say('MonitorStopped', {});
  }

  /** Why nothing is seen right now; undefined when it is. */
  get blindness(): string | undefined {
    return this.#blindSinceNs === undefined ? undefined : this.#reason;
  }

  figures(): SightFigures {
    const since = this.#counts ? this.#blindSinceNs : undefined;
    const blindNs = this.#blindNs + (since === undefined ? 0 : nowNs() - since);
    return {
      connected: this.#blindSinceNs === undefined,
      reconnects: this.#reconnects,
      blindSeconds: blindNs / NS.s,
    };
  }

  /** Whether time in which nothing is seen is blindness. */
  get #counts(): boolean {
    return this.#hasSeen || this.#waitedForServer;
  }

  /** Whether it saw until then. */
  #goBlind(sinceNs: number): boolean {
    if (this.#blindSinceNs !== undefined) return false;
    this.#blindSinceNs = sinceNs;
    this.#options.onSight(false, sinceNs);
    return true;
  }

  #tell(kind: LoadNotice['kind'], text: string, atNs = nowNs()): void {
    this.#options.onNotice({ load: 'monitor', worker: -1, kind, text, atNs, count: 1 });
  }

  #say(type: string, fields: OwnEvent['fields']): void {
    this.#options.say({ domain: 'stormglass', type, fields });
  }
}
