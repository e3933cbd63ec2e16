import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { NS, nowNs } from '../../src/base/clock.js';

/** What the server was told, in the order in which it goes on; see `standStill`. */
const STAGES = { asked: 1, still: 2, answered: 3 } as const;

const SERVER = `
const { workerData, parentPort } = require('node:worker_threads');
const { createServer } = require('node:net');
const stage = new Int32Array(workerData.shared);
const server = createServer((socket) => {
  socket.on('error', () => {});
  const answer = () => {
    Atomics.store(stage, 0, ${STAGES.asked});
    const wait = setInterval(() => {
      if (Atomics.load(stage, 0) !== ${STAGES.still}) return;
      clearInterval(wait);
      // Small enough for the kernel to take all of it at once.
      socket.write(workerData.answer);
      Atomics.store(stage, 0, ${STAGES.answered});
      Atomics.notify(stage, 0);
    }, 1);
  };
  if (workerData.speaksFirst) answer();
  else socket.once('data', answer);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

export interface StandstillServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Has the thread that calls stand still from when the server was asked until it has answered, and `ms` more are over. */
  standStill(ms: number): Promise<void>;
}

/** A server in a thread of its own that answers one connection, when whoever asked stands still. */
export async function startStandstillServer(
  answer: string,
  { speaksFirst = false } = {},
): Promise<StandstillServer> {
  const shared = new SharedArrayBuffer(4);
  const stage = new Int32Array(shared);
  const worker = new Worker(SERVER, { eval: true, workerData: { shared, answer, speaksFirst } });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    host: '127.0.0.1',
    port,
    async standStill(ms) {
      while (Atomics.load(stage, 0) !== STAGES.asked) await turn();
      Atomics.store(stage, 0, STAGES.still);
      const untilNs = nowNs() + ms * NS.ms;
      Atomics.wait(stage, 0, STAGES.still, 10_000);
      while (nowNs() < untilNs);
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** A page as HTTP has it. */
export const pageOf = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
