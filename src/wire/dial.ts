import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServerAddress, TlsAccess } from '../contracts/load.js';
import { tlsOptions } from './tls-options.js';

/** Opens a socket to a server: the place where another transport is put in. */
export type Dial = (server: ServerAddress, handlers: DialHandlers) => Socket;

export interface DialHandlers {
  /** What was read. The bytes are overwritten by the next read. */
  readonly onBytes: (bytes: Uint8Array) => void;
}

const READ_BUFFER_BYTES = 256 * 1024;

/**
 * One for all sockets of a thread: libuv fills it and hands it out in one go, and nobody keeps what is in it. A
 * hundred thousand connections would not have room for one each. On Windows reads are begun ahead of time.
 */
const shared = process.platform === 'win32' ? undefined : { buffer: undefined as Uint8Array | undefined };

function readInto({ onBytes }: DialHandlers): { buffer: Uint8Array; callback: (length: number) => boolean } {
  const buffer = shared?.buffer ?? new Uint8Array(READ_BUFFER_BYTES);
  if (shared) shared.buffer = buffer;
  return {
    buffer,
    callback: (length) => {
      onBytes(buffer.subarray(0, length));
      return true;
    },
  };
}

/** Plain TCP, reading into one buffer over and over: half the CPU time of the socket's 'data' events. */
export const dialTcp: Dial = ({ host, port }, handlers) =>
  connect({ host, port, onread: readInto(handlers) });

/** TLS from the first byte, as a server with `handshake_first` expects it. */
export const dialTls =
  (tls: TlsAccess): Dial =>
  (server, handlers) =>
    connectTls({
      ...tlsOptions(server, tls),
      port: server.port,
      // Which the types do not know of, though the documentation does: all options of socket.connect() are taken.
      ...({ onread: readInto(handlers) } as object),
    });

/**
 * TLS over a socket on which both sides have agreed to it. Once it is called, all that comes for the first socket is
 * TLS's own; `secureConnect` and errors are events of the socket that is returned.
 */
export function startTls(
  socket: Socket,
  server: ServerAddress,
  tls: TlsAccess,
  { onBytes }: DialHandlers,
): Socket {
  const secure = connectTls({ ...tlsOptions(server, tls), socket });
  secure.on('data', onBytes);
  return secure;
}

interface SecureSocket {
  readonly _handle?: { readonly _parent?: { readonly writeQueueSize?: number } | null } | null;
}

/**
 * Bytes that the kernel has not taken of what was written to a TLS socket. Its own count does not tell: there, a write
 * ends a turn of the event loop later even when the kernel had everything at once.
 */
export function bytesBehindTls(secure: Socket): number {
  return (secure as unknown as SecureSocket)._handle?._parent?.writeQueueSize ?? secure.writableLength;
}
