import { sleep } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import type { ServerAccess, ServerAddress } from '../contracts/load.js';
import type { Dial } from './dial.js';
import { HeldTime } from './held-time.js';
import { Link } from './link.js';
import type { LinkEnd } from './link-end.js';
import type { ServerInfo } from './server-info.js';
import type { WireListener } from './wire-listener.js';

export type { WireListener } from './wire-listener.js';

export interface WireConnectionOptions {
  readonly access: ServerAccess;
  /** Index into `access.servers` of the one to begin with, taken modulo their number; 0 unless told. */
  readonly firstServer?: number;
  /** What the server's /connz shows. */
  readonly name: string;
  /** Whether the server sends this connection its own messages back; true unless told. */
  readonly echo?: boolean;
  /** A PING goes out this often; 2,000 unless told. */
  readonly pingEveryMs?: number;
  /** So many PINGs without a word from the server end the connection; 2 unless told. */
  readonly unansweredPings?: number;
  /** From the beginning of an attempt to the server's first PONG, TLS and all; 2,000 unless told. */
  readonly connectTimeoutMs?: number;
  /** How to reach a server; plain TCP or TLS, by `access.tls`, unless told. */
  readonly dial?: Dial;
}

const PING_EVERY_MS = 2000;
const UNANSWERED_PINGS = 2;
const CONNECT_TIMEOUT_MS = 2000;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;
/** For the server to take in what was written, before it is left. */
const FAREWELL_MS = 1000;

/** The reason that `onDisconnected` gets after `close`. */
export const CLOSED_BY_US = 'closed';

interface FirstConnection {
  resolve(): void;
  reject(reason: Error): void;
  /** Of the round through the servers that is under way. */
  ends: string[];
  hint: string | undefined;
  /** Told once; absent: one round is all. */
  onUnreached: ((reason: string) => void) | undefined;
}

interface Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
}

/**
 * A connection to one server of a NATS system at a time. When it is lost, the next server is tried at once, and the
 * subscriptions are made again; what was written and not answered is the caller's to judge, nothing is sent twice.
 */
export class WireConnection {
  readonly #options: WireConnectionOptions;
  readonly #listener: WireListener;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #held = new HeldTime();
  #link: Link | undefined;
  #isClosed = false;
  #isCut = false;
  #serverIndex: number;
  /** Since the last connection that came up. */
  #attempts = 0;
  #nextSid = 1;
  #info: ServerInfo | undefined;
  #first: FirstConnection | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: WireConnectionOptions, listener: WireListener) {
    if (options.access.servers.length === 0) throw new RangeError('a connection needs at least one server');
    this.#options = options;
    this.#listener = listener;
    this.#serverIndex = (options.firstServer ?? 0) % options.access.servers.length;
  }

  get connected(): boolean {
    return this.#link?.isUp === true;
  }

  /** The server that is, or was last, connected or tried. */
  get server(): ServerAddress {
    return this.#options.access.servers[this.#serverIndex]!;
  }

  /** What the server last said of itself. */
  get info(): ServerInfo | undefined {
    return this.#link?.info ?? this.#info;
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#link?.pendingBytes ?? 0;
  }

  /** How long, all in all, the socket has held bytes back that the kernel did not take. */
  get heldNs(): number {
    this.#held.note(this.pendingBytes > 0);
    return this.#held.totalNs;
  }

  /**
   * Connects for the first time: each server is tried once. Rejects with a PreflightError when one refuses us (wrong
   * credentials, a certificate that is not to be trusted) or when none can be reached. From then on the connection
   * looks after itself.
   *
   * @param onUnreached where none can be reached, it is told why, once, and they are tried until one can
   */
  connect(onUnreached?: (reason: string) => void): Promise<void> {
    if (this.#first || this.#link || this.#isClosed)
      return Promise.reject(new Error('the connection was opened before'));
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject, ends: [], hint: undefined, onUnreached };
      this.#attempt();
    });
  }

  /** Subscribes, now and after each reconnection; returns the sid that its messages carry. */
  subscribe(subject: string, queue?: string): number {
    const sid = this.#nextSid++;
    this.#subscriptions.set(sid, { subject, queue });
    if (this.connected) this.#link?.say(subLine(sid, subject, queue));
    return sid;
  }

  unsubscribe(sid: number): void {
    if (this.#subscriptions.delete(sid) && this.connected) this.#link?.say(`UNSUB ${sid}\r\n`);
  }

  /**
   * Writes protocol bytes as they stand; they must not change until `onFlushed`. That is called exactly once: with
   * true when the kernel has all of them, with false when the connection was lost before that was known. Returns
   * false when the socket holds bytes back that the kernel did not take. Must not be called while disconnected.
   */
  write(bytes: Uint8Array, onFlushed?: (flushed: boolean) => void): boolean {
    const link = this.#link;
    if (!link?.isUp) throw new Error('write on a connection that is not connected');
    return link.write(bytes, onFlushed);
  }

  /** Publishes one message; for those that are few. */
  publish(subject: string, payload: Uint8Array | string = '', reply = ''): boolean {
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return this.write(
      Buffer.concat([
        Buffer.from(`PUB ${subject}${reply && ` ${reply}`} ${body.length}\r\n`),
        body,
        Buffer.from('\r\n'),
      ]),
    );
  }

  /** Resolves when the server has taken in all that was written before; rejects when the connection is lost first. */
  flush(): Promise<void> {
    return this.#link?.isUp ? this.#link.ping() : Promise.reject(new Error('not connected'));
  }

  /**
   * Reads no more, until `resume` or the next connection: what the server sends stays in the sockets between, and then
   * with the server, which ends the connection of a slow consumer. Nothing is heard meanwhile, an end of it either.
   */
  pause(): void {
    if (this.#link?.isUp) this.#link.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /** Ends the connection for good, when the server has taken in what was written; does not wait longer than a second. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#link?.isUp) await farewell(this.#link);
    const wasConnected = this.connected;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#first?.reject(new Error('the connection was closed'));
    this.#first = undefined;
    this.#link?.close(CLOSED_BY_US);
    this.#link = undefined;
    if (wasConnected) this.#listener.onDisconnected?.(CLOSED_BY_US, false);
  }

  /** Breaks off without a farewell, as a client that dies does, and stays away until `reconnect`. */
  cut(): void {
    if (this.#isClosed || this.#first || this.#isCut) return;
    const wasConnected = this.connected;
    this.#isCut = true;
    clearTimeout(this.#retry);
    this.#link?.close(CLOSED_BY_US);
    this.#link = undefined;
    if (wasConnected) this.#listener.onDisconnected?.(CLOSED_BY_US, false);
  }

  /** Connects again after `cut`. */
  reconnect(): void {
    if (this.#isClosed || !this.#isCut) return;
    this.#isCut = false;
    this.#attempt();
  }

  #attempt(): void {
    const { access, name, echo = true, dial } = this.#options;
    const link = new Link(
      {
        server: this.server,
        access,
        name,
        echo,
        dial,
        connectTimeoutMs: this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        pingEveryMs: this.#options.pingEveryMs ?? PING_EVERY_MS,
        unansweredPings: this.#options.unansweredPings ?? UNANSWERED_PINGS,
        held: this.#held,
      },
      this.#listener,
      {
        onUp: () => this.#onUp(link),
        onDown: (end, wasUp) => this.#onDown(link, end, wasUp),
        onLeaving: () => void this.#moveOn(link),
      },
    );
    this.#link = link;
  }

  #onUp(link: Link): void {
    this.#attempts = 0;
    let lines = '';
    for (const [sid, { subject, queue }] of this.#subscriptions) lines += subLine(sid, subject, queue);
    if (lines) link.say(lines);
    this.#listener.onConnected?.(this.server);
    this.#first?.resolve();
    this.#first = undefined;
  }

  #onDown(link: Link, end: LinkEnd, wasUp: boolean): void {
    const { server } = this;
    this.#info = link.info;
    this.#link = undefined;
    if (wasUp) this.#listener.onDisconnected?.(end.reason, link.isUnanswered);
    else if (end.refused && !this.#first) this.#listener.onRefused?.(server, end.reason);
    // What the listener just heard may have made it close us.
    if (this.#isClosed) return;

    const servers = this.#options.access.servers.length;
    this.#serverIndex = (this.#serverIndex + 1) % servers;
    this.#attempts++;
    if (this.#first) {
      if (!this.#goesOn(this.#first, `${server.host}:${server.port}: ${end.reason}`, end)) return;
    }
    this.#retry = setTimeout(() => this.#attempt(), this.#backoffMs(servers));
  }

  /** Whether another server, or all of them again, is tried for the first connection. */
  #goesOn(first: FirstConnection, reason: string, end: LinkEnd): boolean {
    first.ends.push(reason);
    first.hint ??= end.hint;
    if (end.refused) {
      this.#failFirst(end.hint);
      return false;
    }
    if (this.#attempts % this.#options.access.servers.length > 0) return true;
    if (first.onUnreached === undefined) {
      this.#failFirst(first.hint);
      return false;
    }
    if (this.#attempts === this.#options.access.servers.length) first.onUnreached(first.ends.join('; '));
    first.ends = [];
    return true;
  }

  #failFirst(hint: string | undefined): void {
    this.#isClosed = true;
    this.#first?.reject(
      new PreflightError(`cannot connect: ${this.#first.ends.join('; ')}`, {
        hint: hint ?? 'Check that the server runs, and that the address and the port are right.',
      }),
    );
    this.#first = undefined;
  }

  /** None while there is a server that was not tried yet, then doubling up to a second. */
  #backoffMs(servers: number): number {
    const again = this.#attempts - servers;
    return again < 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(again, 10));
  }

  /** The server is about to leave: with another to go to, it is left first, with all that was written taken in. */
  async #moveOn(link: Link): Promise<void> {
    if (this.#options.access.servers.length === 1) return;
    await farewell(link);
    link.giveUp('the server is in lame duck mode');
  }
}

async function farewell(link: Link): Promise<void> {
  const late = new AbortController();
  await Promise.race([link.ping().catch(() => {}), sleep(FAREWELL_MS, late.signal).catch(() => {})]);
  late.abort();
}

function subLine(sid: number, subject: string, queue: string | undefined): string {
  return queue ? `SUB ${subject} ${queue} ${sid}\r\n` : `SUB ${subject} ${sid}\r\n`;
}
