import { connect, type Socket } from 'node:net';
import type { ServerAddress } from '../contracts/load.js';

/** Opens a socket to a server: the place where another transport, such as TLS, is put in. */
export type Dial = (server: ServerAddress, handlers: DialHandlers) => Socket;

export interface DialHandlers {
  /** What was read. The bytes are overwritten by the next read. */
  readonly onBytes: (bytes: Uint8Array) => void;
}

const READ_BUFFER_BYTES = 256 * 1024;

/** Plain TCP, reading into one buffer over and over: half the CPU time of the socket's 'data' events. */
export const dialTcp: Dial = ({ host, port }, { onBytes }) => {
  const buffer = new Uint8Array(READ_BUFFER_BYTES);
  return connect({
    host,
    port,
    onread: {
      buffer,
      callback: (length) => {
        onBytes(buffer.subarray(0, length));
        return true;
      },
    },
  });
};
