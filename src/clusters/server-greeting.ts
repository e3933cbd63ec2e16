import { connect } from 'node:net';
import { codeOf, messageOf } from '../base/errors.js';
import type { ServerAddress } from '../contracts/load.js';

/** What a server says to everyone who connects, as far as it is used here. */
export interface ServerGreeting {
  readonly server_name?: string;
  readonly version?: string;
  readonly tls_required?: boolean;
}

const DEADLINE_MS = 5000;
const LONGEST = 64 * 1024;

/**
 * Connects, reads the server's INFO and leaves. Throws an error whose message says why there is none, or the signal's
 * reason.
 */
export function readGreeting({ host, port }: ServerAddress, signal: AbortSignal): Promise<ServerGreeting> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect({ host, port });
    let heard = '';
    const leave = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const refuse = (why: string) => leave(() => reject(new Error(why)));
    const onAbort = () => leave(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setEncoding('utf8');
    socket.setTimeout(DEADLINE_MS, () => refuse(`no answer within ${DEADLINE_MS / 1000} s`));
    socket.on('error', (error) => refuse(codeOf(error) ?? messageOf(error)));
    socket.on('close', () => refuse('it closed the connection'));
    socket.on('data', (text: string) => {
      heard += text;
      const end = heard.indexOf('\r\n');
      if (end < 0 && heard.length < LONGEST) return;
      const greeting = /^INFO\s+(\{.*\})\s*$/.exec(heard.slice(0, Math.max(0, end)))?.[1];
      if (greeting === undefined) return refuse('what answers there is no NATS server');
      try {
        const info = JSON.parse(greeting) as ServerGreeting;
        leave(() => resolve(info));
      } catch {
        refuse('what answers there is no NATS server');
      }
    });
  });
}
