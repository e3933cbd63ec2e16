import type { Socket } from 'node:net';
import { nowNs, sleep } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import type { ServerAccess, ServerAddress } from '../contracts/load.js';
import { type Dial, dialTcp } from './dial.js';
import { type MessageView, WireParser, type WireSink } from './parser.js';

export interface WireConnectionOptions {
  readonly access: ServerAccess;
  /** Index into `access.servers` of the one to begin with, taken modulo their number; 0 unless told. */
  readonly firstServer?: number;
  /** What the server's /connz shows. */
  readonly name: string;
  /** Whether the server sends this connection its own messages back; true unless told. */
  readonly echo?: boolean;
  /** A PING goes out this often; a second one without an answer ends the connection. 10,000 unless told. */
  readonly pingEveryMs?: number;
  /** From the beginning of an attempt to the server's first PONG; 2,000 unless told. */
  readonly connectTimeoutMs?: number;
  /** How to reach a server; plain TCP unless told. */
  readonly dial?: Dial;
}

/** Called from the socket's events, never from within a call of ours, except `onDisconnected` from `close`. */
export interface WireListener {
  /** The view is reused; see MessageView. */
  onMessage(view: MessageView): void;
  /** Around the messages of one read of the socket: the places to read a clock once, and to act on what came. */
  onReadStart?(): void;
  onReadEnd?(): void;
  /** The handshake is done and the subscriptions are sent again. */
  onConnected?(server: ServerAddress): void;
  /** Once for each connection that was established and is no more. What was in flight has no answer any more. */
  onDisconnected?(reason: string): void;
  /** The text of an -ERR: `Slow Consumer`, `Permissions Violation for Publish to "x"`, … */
  onServerError?(text: string): void;
  /** The socket takes more again, after a `write` that returned false. */
  onDrain?(): void;
}

/** What the server says of itself; only the fields that are used. */
export interface ServerInfo {
  readonly server_id: string;
  readonly server_name: string;
  readonly version: string;
  readonly max_payload: number;
  readonly headers?: boolean;
  readonly auth_required?: boolean;
  readonly client_id?: number;
  readonly cluster?: string;
}

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;
const CLOSE_MS = 1000;
const CRLF = '\r\n';

/** The reason that `onDisconnected` gets after `close`. */
export const CLOSED_BY_US = 'closed';

type State = 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';

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
  readonly #parser: WireParser;
  readonly #subscriptions = new Map<number, Subscription>();
  /** What to call at each PONG that is due, oldest first; undefined for a keepalive. */
  readonly #pongs: ({ resolve(): void; reject(reason: Error): void } | undefined)[] = [];
  #state: State = 'idle';
  #socket: Socket | undefined;
  #serverIndex: number;
  #attempts = 0;
  #nextSid = 1;
  #missedPongs = 0;
  #info: ServerInfo | undefined;
  #lastServerError: string | undefined;
  #first: { resolve(): void; reject(reason: Error): void; failures: string[] } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keepalive: NodeJS.Timeout | undefined;
  #heldNs = 0;
  /** Monotonic; 0 while the kernel has taken everything. */
  #heldSinceNs = 0;

  constructor(options: WireConnectionOptions, listener: WireListener) {
    if (options.access.servers.length === 0) throw new RangeError('a connection needs at least one server');
    this.#options = options;
    this.#listener = listener;
    this.#serverIndex = (options.firstServer ?? 0) % options.access.servers.length;
    this.#parser = new WireParser(this.#sink());
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** The server that is, or was last, connected or tried. */
  get server(): ServerAddress {
    return this.#options.access.servers[this.#serverIndex]!;
  }

  /** What the server last said of itself. */
  get info(): ServerInfo | undefined {
    return this.#info;
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** How long, all in all, the socket has held bytes back that the kernel did not take. */
  get heldNs(): number {
    this.#noteTaken();
    return this.#heldNs + (this.#heldSinceNs === 0 ? 0 : nowNs() - this.#heldSinceNs);
  }

  /**
   * Connects for the first time: each server is tried once. Rejects with a PreflightError when one refuses us
   * (`Authorization Violation`) or when none can be reached. From then on the connection looks after itself.
   */
  connect(): Promise<void> {
    if (this.#state !== 'idle') return Promise.reject(new Error('the connection was opened before'));
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject, failures: [] };
      this.#attempt();
    });
  }

  /** Subscribes, now and after each reconnection; returns the sid that its messages carry. */
  subscribe(subject: string, queue?: string): number {
    const sid = this.#nextSid++;
    this.#subscriptions.set(sid, { subject, queue });
    if (this.connected) this.#socket?.write(subLine(sid, subject, queue));
    return sid;
  }

  unsubscribe(sid: number): void {
    if (this.#subscriptions.delete(sid) && this.connected) this.#socket?.write(`UNSUB ${sid}${CRLF}`);
  }

  /**
   * Writes protocol bytes as they stand; they must not change until `onFlushed`. That is called exactly once: with
   * true when the kernel has all of them, with false when the connection was lost before that was known. Returns
   * false when the socket holds bytes back that the kernel did not take. Must not be called while disconnected.
   */
  write(bytes: Uint8Array, onFlushed?: (flushed: boolean) => void): boolean {
    const socket = this.#socket;
    if (!socket || !this.connected) throw new Error('write on a connection that is not connected');
    if (!onFlushed) {
      socket.write(bytes);
    } else {
      // A socket that was destroyed reports its pending writes without an error: it must still be the one in use.
      socket.write(bytes, (error) => {
        this.#noteTaken();
        onFlushed(!error && this.#socket === socket);
      });
    }
    const taken = socket.writableLength === 0;
    if (taken) this.#noteTaken();
    else this.#heldSinceNs ||= nowNs();
    return taken;
  }

  /** The clock is read only where the socket begins, or ends, to hold bytes back. */
  #noteTaken(): void {
    if (this.#heldSinceNs === 0 || this.pendingBytes > 0) return;
    this.#heldNs += nowNs() - this.#heldSinceNs;
    this.#heldSinceNs = 0;
  }

  /** Publishes one message; for those that are few. */
  publish(subject: string, payload: Uint8Array | string = '', reply = ''): boolean {
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return this.write(
      Buffer.concat([
        Buffer.from(`PUB ${subject}${reply && ` ${reply}`} ${body.length}${CRLF}`),
        body,
        Buffer.from(CRLF),
      ]),
    );
  }

  /** Resolves when the server has taken in all that was written before; rejects when the connection is lost first. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.connected) return reject(new Error('not connected'));
      this.#pongs.push({ resolve, reject });
      this.#socket?.write(`PING${CRLF}`);
    });
  }

  /** Ends the connection for good, when the server has taken in what was written; does not wait longer than a second. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.connected) {
      const late = new AbortController();
      await Promise.race([this.flush().catch(() => {}), sleep(CLOSE_MS, late.signal).catch(() => {})]);
      late.abort();
    }
    const wasConnected = this.connected;
    this.#state = 'closed';
    this.#stopTimers();
    this.#first?.reject(new Error('the connection was closed'));
    this.#first = undefined;
    this.#drop(this.#socket, CLOSED_BY_US, wasConnected);
  }

  #attempt(): void {
    this.#state = 'connecting';
    this.#parser.reset();
    this.#info = undefined;
    this.#lastServerError = undefined;
    const { host, port } = this.server;
    const timeoutMs = this.#options.connectTimeoutMs ?? 2000;
    const socket = (this.#options.dial ?? dialTcp)(this.server, {
      onBytes: (bytes) => {
        if (this.#socket === socket) this.#onBytes(bytes);
      },
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    let cause = 'the server closed the connection';
    const lost = (reason: string) => this.#onLost(socket, this.#lastServerError ?? reason);
    socket.on('error', (error) => {
      cause = error.message;
      lost(cause);
    });
    socket.on('end', () => lost(cause));
    socket.on('close', () => lost(cause));
    socket.on('drain', () => {
      this.#noteTaken();
      if (this.#socket === socket && this.connected) this.#listener.onDrain?.();
    });
    this.#timer = setTimeout(() => lost(`${host}:${port} did not answer within ${timeoutMs} ms`), timeoutMs);
  }

  #onBytes(bytes: Uint8Array): void {
    this.#listener.onReadStart?.();
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      if (!(thrown instanceof Error) || thrown.name !== 'WireProtocolError') throw thrown;
      this.#onLost(this.#socket, thrown.message);
    }
    this.#listener.onReadEnd?.();
  }

  #sink(): WireSink {
    return {
      message: (view) => this.#listener.onMessage(view),
      info: (json) => this.#onInfo(json),
      ping: () => this.#socket?.write(`PONG${CRLF}`),
      pong: () => this.#onPong(),
      ok: () => {},
      error: (text) => {
        this.#lastServerError = text;
        this.#listener.onServerError?.(text);
      },
    };
  }

  #onInfo(json: string): void {
    this.#info = JSON.parse(json) as ServerInfo;
    if (this.#state !== 'connecting' || this.#pongs.length > 0) return;
    const { access, name, echo = true } = this.#options;
    const connect = {
      verbose: false,
      pedantic: false,
      headers: true,
      no_responders: true,
      protocol: 1,
      lang: 'stormglass',
      version: '1',
      name,
      echo,
      user: access.user,
      pass: access.password,
      auth_token: access.token,
    };
    this.#pongs.push({ resolve: () => this.#onHandshaken(), reject: () => {} });
    this.#socket?.write(`CONNECT ${JSON.stringify(connect)}${CRLF}PING${CRLF}`);
  }

  #onHandshaken(): void {
    clearTimeout(this.#timer);
    this.#state = 'connected';
    this.#attempts = 0;
    this.#missedPongs = 0;
    let lines = '';
    for (const [sid, { subject, queue }] of this.#subscriptions) lines += subLine(sid, subject, queue);
    if (lines) this.#socket?.write(lines);
    this.#keepalive = setInterval(() => this.#onKeepalive(), this.#options.pingEveryMs ?? 10_000);
    this.#listener.onConnected?.(this.server);
    this.#first?.resolve();
    this.#first = undefined;
  }

  #onPong(): void {
    this.#missedPongs = 0;
    this.#pongs.shift()?.resolve();
  }

  #onKeepalive(): void {
    if (++this.#missedPongs > 2) {
      this.#onLost(this.#socket, 'stale connection: two PINGs without an answer');
      return;
    }
    this.#pongs.push(undefined);
    this.#socket?.write(`PING${CRLF}`);
  }

  /** The socket is of no use any more, whatever said so first; later news of the same socket is no news. */
  #onLost(socket: Socket | undefined, reason: string): void {
    if (!socket || this.#socket !== socket || this.#state === 'closed') return;
    const wasConnected = this.connected;
    const refused = /^'?(authorization violation|user authentication|authentication timeout)/i.test(reason);
    this.#state = 'waiting';
    this.#stopTimers();
    const { host, port } = this.server;
    this.#drop(socket, reason, wasConnected);
    // What the listener just heard may have made it close us.
    if ((this.#state as State) === 'closed') return;

    const servers = this.#options.access.servers.length;
    this.#serverIndex = (this.#serverIndex + 1) % servers;
    this.#attempts++;
    if (this.#first) {
      this.#first.failures.push(`${host}:${port}: ${reason}`);
      if (refused || this.#attempts >= servers) {
        this.#state = 'closed';
        this.#first.reject(new PreflightError(`cannot connect: ${this.#first.failures.join('; ')}`));
        this.#first = undefined;
        return;
      }
    }
    this.#timer = setTimeout(() => this.#attempt(), this.#backoffMs(servers));
  }

  /** None while there is a server that was not tried yet, then doubling up to a second. */
  #backoffMs(servers: number): number {
    const again = this.#attempts - servers;
    return again < 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(again, 10));
  }

  #drop(socket: Socket | undefined, reason: string, wasConnected: boolean): void {
    this.#socket = undefined;
    this.#noteTaken();
    socket?.destroy();
    const lost = new Error(`connection lost: ${reason}`);
    for (const waiting of this.#pongs.splice(0)) waiting?.reject(lost);
    if (wasConnected) this.#listener.onDisconnected?.(reason);
  }

  #stopTimers(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#keepalive);
  }
}

function subLine(sid: number, subject: string, queue: string | undefined): string {
  return queue ? `SUB ${subject} ${queue} ${sid}${CRLF}` : `SUB ${subject} ${sid}${CRLF}`;
}
