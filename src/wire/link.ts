import { Deadline } from '../base/deadline.js';
import { messageOf } from '../base/errors.js';
import type { ServerAccess, ServerAddress, TlsAccess } from '../contracts/load.js';
import { afterGreeting } from './after-greeting.js';
import { type ClientManners, connectLine } from './connect-line.js';
import type { Dial } from './dial.js';
import type { HeldTime } from './held-time.js';
import { Keepalive } from './keepalive.js';
import { endByServerError, type LinkEnd, lost, refused } from './link-end.js';
import { LinkSocket } from './link-socket.js';
import { WireParser, type WireSink } from './parser.js';
import { WireProtocolError } from './protocol-error.js';
import { parseServerInfo, type ServerInfo } from './server-info.js';
import type { WireListener } from './wire-listener.js';

export interface LinkOptions extends ClientManners {
  readonly server: ServerAddress;
  readonly access: ServerAccess;
  /** How to reach the server; by what `access` says of TLS unless told. */
  readonly dial?: Dial | undefined;
  /** From the first packet to the first PONG. */
  readonly connectTimeoutMs: number;
  readonly pingEveryMs: number;
  readonly unansweredPings: number;
  readonly held: HeldTime;
}

/** What becomes of a link; called from events of the socket or of a timer. */
export interface LinkEvents {
  /** The handshake is done. */
  onUp(): void;
  /** Once, at the end, whether it ever was up or not. Not called after `close`. */
  onDown(end: LinkEnd, wasUp: boolean): void;
  /** The server goes into lame duck mode. */
  onLeaving(): void;
}

/**
 * `greeting`: the server speaks first. `securing`: TLS is agreed upon. `introducing`: it has our CONNECT. `up`.
 */
type Stage = 'greeting' | 'securing' | 'introducing' | 'up' | 'down';

/** -ERRs after which a server keeps the connection: whatever ends it later has another cause. */
const NO_PARTING = /^(permissions violation|invalid (publish )?subject|maximum subscriptions exceeded)/i;

/** One socket to one server, from the dial to its end: greeting, TLS, authentication, keepalive. */
export class Link {
  readonly #options: LinkOptions;
  readonly #listener: WireListener;
  readonly #events: LinkEvents;
  /** What to call at each PONG that is due, oldest first; undefined for a keepalive. */
  readonly #pongs: ({ resolve(): void; reject(reason: Error): void } | undefined)[] = [];
  readonly #deadline: Deadline;
  #socket: LinkSocket | undefined;
  #parser: WireParser;
  #stage: Stage = 'greeting';
  #isPaused = false;
  #keepalive: Keepalive | undefined;
  #info: ServerInfo | undefined;
  /** The last -ERR, as long as nothing else has come since. */
  #serverError: string | undefined;

  constructor(options: LinkOptions, listener: WireListener, events: LinkEvents) {
    this.#options = options;
    this.#listener = listener;
    this.#events = events;
    this.#parser = new WireParser(this.#greetingSink());
    this.#deadline = new Deadline(options.connectTimeoutMs, () => this.#onLate());
    this.#open();
  }

  get isUp(): boolean {
    return this.#stage === 'up';
  }

  get info(): ServerInfo | undefined {
    return this.#info;
  }

  /** Whether the server has not said a word since it was last asked for one. */
  get isUnanswered(): boolean {
    return this.#keepalive?.isUnanswered === true;
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#socket?.pendingBytes ?? 0;
  }

  /** See WireConnection.write. */
  write(bytes: Uint8Array, onFlushed: ((flushed: boolean) => void) | undefined): boolean {
    return (this.#socket as LinkSocket).write(bytes, onFlushed);
  }

  /** Writes protocol lines. */
  say(lines: string): void {
    this.#socket?.say(lines);
  }

  /** Resolves when the server has taken in all that was written before; rejects when the link ends first. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stage === 'down') return reject(new Error('not connected'));
      this.#pongs.push({ resolve, reject });
      this.say('PING\r\n');
    });
  }

  /** Reads no more. */
  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#keepalive?.heard();
    this.#socket?.resume();
  }

  /** Ends it as if it had been lost. */
  giveUp(reason: string): void {
    this.#end(lost(reason));
  }

  /** Ends it without a word to `onDown`. */
  close(reason: string): void {
    if (this.#stage !== 'down') this.#tearDown(reason);
  }

  #open(): void {
    const { server, access, dial, held } = this.#options;
    try {
      this.#socket = new LinkSocket(server, { tls: access.tls, dial }, held, {
        onBytes: (bytes) => this.#onBytes(bytes),
        onEnd: (end) => this.#end(this.#explain(end)),
        onDrain: () => {
          if (this.#stage === 'up') this.#listener.onDrain?.();
        },
      });
    } catch (thrown) {
      // Not from within the constructor: whoever made us does not know us yet.
      setImmediate(() => this.#end(unusableTls(thrown)));
    }
  }

  /** The cause of an end: what the server said goes before what the socket did. */
  #explain(bySocket: LinkEnd | undefined): LinkEnd {
    const { access } = this.#options;
    if (this.#serverError !== undefined) return endByServerError(this.#serverError, access);
    if (bySocket?.refused) return bySocket;
    const end = bySocket ?? lost('the server closed the connection');
    if (this.#stage !== 'introducing' || !this.#socket?.isSecure) return end;
    // It may have gone before it could say, or we could read, what it missed.
    return { ...end, hint: 'A server that verifies its clients breaks off so: check tls.cert and tls.key.' };
  }

  #onLate(): void {
    const { server, connectTimeoutMs } = this.#options;
    const end = lost(`${server.host}:${server.port} did not answer within ${connectTimeoutMs} ms`);
    const isMute = this.#info === undefined && this.#socket?.isConnecting === false;
    this.#end(
      isMute
        ? { ...end, hint: 'If this server begins with TLS, say so: tls.handshake-first (--tls-first).' }
        : end,
    );
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#stage === 'down') return;
    this.#keepalive?.heard();
    this.#serverError = undefined;
    this.#listener.onReadStart?.();
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      if (!(thrown instanceof WireProtocolError)) throw thrown;
      this.#end(lost(thrown.message));
    }
    this.#listener.onReadEnd?.();
  }

  /** Until our CONNECT goes out, only the server's INFO may come, or why it does not want us. */
  #greetingSink(): WireSink {
    const unexpected = (what: string) => () => this.#end(lost(`${what} before the handshake`));
    return {
      info: (json) => {
        if (this.#stage === 'greeting' && this.#info === undefined) this.#onGreeting(parseServerInfo(json));
      },
      error: (text) => {
        this.#serverError = text;
      },
      message: unexpected('a message'),
      ping: unexpected('a PING'),
      pong: unexpected('a PONG'),
      ok: unexpected('a +OK'),
    };
  }

  #onGreeting(info: ServerInfo): void {
    this.#info = info;
    const next = afterGreeting(info, this.#options.access);
    if (next.step === 'leave') this.#end(next.end);
    else if (next.step === 'introduce') this.#introduce(info);
    else this.#secure(info, next.tls);
  }

  #secure(info: ServerInfo, tls: TlsAccess): void {
    this.#stage = 'securing';
    try {
      this.#socket?.secure(tls, () => {
        if (this.#stage === 'securing') this.#introduce(info);
      });
    } catch (thrown) {
      this.#end(unusableTls(thrown));
    }
  }

  /** Says who we are; the PONG that follows is the server's yes. */
  #introduce(info: ServerInfo): void {
    const { access } = this.#options;
    this.#stage = 'introducing';
    this.#parser = new WireParser(this.#sessionSink());
    let line: string;
    try {
      line = connectLine(info, access, this.#options);
    } catch (thrown) {
      this.#end(refused(messageOf(thrown), 'Check the NKey seed, or the credentials file.'));
      return;
    }
    this.#pongs.push({ resolve: () => this.#onUp(), reject: () => {} });
    this.say(`${line}PING\r\n`);
  }

  #sessionSink(): WireSink {
    const listener = this.#listener;
    return {
      message: (view) => listener.onMessage(view),
      info: (json) => {
        this.#info = parseServerInfo(json);
        if (this.#info.ldm && this.#stage === 'up') this.#events.onLeaving();
      },
      ping: () => this.say('PONG\r\n'),
      pong: () => this.#pongs.shift()?.resolve(),
      ok: () => {},
      error: (text) => {
        if (!NO_PARTING.test(text)) this.#serverError = text;
        // Before the link is up, it is the reason why it does not come up.
        if (this.#stage === 'up') listener.onServerError?.(text);
      },
    };
  }

  #onUp(): void {
    this.#deadline.clear();
    this.#stage = 'up';
    const { pingEveryMs, unansweredPings } = this.#options;
    this.#keepalive = new Keepalive({
      everyMs: pingEveryMs,
      unanswered: unansweredPings,
      ping: () => {
        this.#pongs.push(undefined);
        this.say('PING\r\n');
      },
      isTaking: () => this.#socket?.takesSlowly() === true,
      onSilent: () => {
        if (!this.#isPaused) this.giveUp(`stale connection: ${unansweredPings} PINGs without an answer`);
      },
    });
    this.#events.onUp();
  }

  /** The socket is of no use any more, whatever said so first; later news of it is no news. */
  #end(end: LinkEnd): void {
    if (this.#stage === 'down') return;
    const wasUp = this.isUp;
    this.#tearDown(end.reason);
    this.#events.onDown(end, wasUp);
  }

  #tearDown(reason: string): void {
    this.#stage = 'down';
    this.#deadline.clear();
    this.#keepalive?.stop();
    this.#socket?.destroy();
    const error = new Error(`connection lost: ${reason}`);
    for (const waiting of this.#pongs.splice(0)) waiting?.reject(error);
  }
}

function unusableTls(thrown: unknown): LinkEnd {
  return refused(
    `the certificates given cannot be used: ${messageOf(thrown)}`,
    'Check tls.ca, tls.cert and tls.key.',
  );
}
