// A subscriber that reads and forgets, in a thread of its own: so that what is measured is the server.
import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Subscribes to the patterns on one connection; resolves, when the server has them all, to what ends it. */
export async function discard(port, patterns) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, patterns } });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the subscriber ended')));
  });
  return () => worker.terminate();
}

if (!isMainThread && workerData?.patterns) {
  const { port, patterns } = workerData;
  let isReady = false;
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: Buffer.alloc(1 << 20),
      callback(length, buffer) {
        // The server asks rarely, and the word may stand anywhere: every read is answered while nothing is delivered.
        if (length < 4096) {
          const text = buffer.toString('latin1', 0, length);
          if (text.includes('-ERR')) throw new Error(text);
          if (text.includes('PING\r\n')) socket.write('PONG\r\n');
          if (!isReady && text.includes('PONG\r\n')) {
            isReady = true;
            parentPort.postMessage('ready');
          }
        }
        return true;
      },
    },
  });
  socket.write('CONNECT {"verbose":false,"pedantic":false,"name":"discard"}\r\n');
  socket.write(patterns.map((pattern, i) => `SUB ${pattern} ${i + 1}\r\n`).join(''));
  socket.write('PING\r\n');
}
