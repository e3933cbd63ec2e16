import type { Socket } from 'node:net';
import type { ServerAddress, TlsAccess } from '../contracts/load.js';
import { bytesBehindTls, type Dial, dialTcp, dialTls, startTls } from './dial.js';
import type { HeldTime } from './held-time.js';
import { endByError, type LinkEnd } from './link-end.js';

export interface LinkSocketEvents {
  /** The bytes are overwritten by the next read. */
  onBytes(bytes: Uint8Array): void;
  /** It is of no use any more, and why, where that is known; may be called more than once. */
  onEnd(end: LinkEnd | undefined): void;
  /** The kernel takes more again. */
  onDrain(): void;
}

/** The socket under a link: opened in the clear or with TLS, or turned from the one to the other. */
export class LinkSocket {
  readonly #server: ServerAddress;
  readonly #events: LinkSocketEvents;
  readonly #held: HeldTime;
  #socket: Socket;
  #isSecure: boolean;
  #isOpen = true;
  #taken = 0;

  /** Throws what node:tls says of certificates that cannot be used. */
  constructor(
    server: ServerAddress,
    way: { readonly tls: TlsAccess | undefined; readonly dial: Dial | undefined },
    held: HeldTime,
    events: LinkSocketEvents,
  ) {
    this.#server = server;
    this.#events = events;
    this.#held = held;
    const fromFirst = way.tls?.handshakeFirst ? way.tls : undefined;
    this.#isSecure = fromFirst !== undefined && way.dial === undefined;
    const dial = way.dial ?? (fromFirst ? dialTls(fromFirst) : dialTcp);
    this.#socket = dial(server, events);
    this.#listenTo(this.#socket);
    this.#socket.setNoDelay(true);
  }

  get isSecure(): boolean {
    return this.#isSecure;
  }

  get isConnecting(): boolean {
    return this.#socket.connecting;
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    if (!this.#isOpen) return 0;
    return this.#isSecure ? bytesBehindTls(this.#socket) : this.#socket.writableLength;
  }

  /** Whether the kernel took something since the last call, and left the rest: on a slow link it does so for long. */
  takesSlowly(): boolean {
    const { pendingBytes } = this;
    const taken = this.#socket.bytesWritten - pendingBytes;
    const isMore = taken !== this.#taken;
    this.#taken = taken;
    return pendingBytes > 0 && isMore;
  }

  /** Speaks TLS from here on; throws what node:tls says of certificates that cannot be used. */
  secure(tls: TlsAccess, onSecured: () => void): void {
    this.#socket = startTls(this.#socket, this.#server, tls, this.#events);
    this.#isSecure = true;
    this.#listenTo(this.#socket);
    this.#socket.once('secureConnect', onSecured);
  }

  say(lines: string): void {
    this.#socket.write(lines);
  }

  /** See WireConnection.write. */
  write(bytes: Uint8Array, onFlushed: ((flushed: boolean) => void) | undefined): boolean {
    if (onFlushed === undefined) {
      this.#socket.write(bytes);
    } else {
      this.#socket.write(bytes, (error) => {
        this.#held.note(this.pendingBytes > 0);
        // A socket that was destroyed reports its pending writes without an error: it must still be open.
        onFlushed(!error && this.#isOpen);
      });
    }
    const isHeld = this.pendingBytes > 0;
    this.#held.note(isHeld);
    return !isHeld;
  }

  /** Reads no more: what the server sends stays in the sockets between, and then with the server. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
    this.#held.note(false);
  }

  #listenTo(socket: Socket): void {
    let end: LinkEnd | undefined;
    const ended = () => this.#events.onEnd(end);
    socket.on('error', (error) => {
      end = endByError(error);
      ended();
    });
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('drain', () => {
      this.#held.note(this.pendingBytes > 0);
      this.#events.onDrain();
    });
  }
}
