import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { type MetricsServer, startMetricsServer } from '../../../src/monitor/page/metrics-server.js';

/** More than what sockets take of it that nobody reads. */
const PAGE = Buffer.alloc(32 * 1024 * 1024, 'x');

const serving = (stalledAfterMs: number) =>
  startMetricsServer({
    ...{ host: '127.0.0.1', port: 0, unhealthy: () => undefined, stalledAfterMs },
    page: async () => PAGE,
  });

async function open({ metricsUrl }: MetricsServer, request: string): Promise<Socket> {
  const socket = connect(Number(new URL(metricsUrl).port), '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(request);
  return socket;
}

const GET = 'GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n';

it('cuts off who asks for a page and reads nothing, or asks for nothing', async () => {
  await using server = await serving(300);
  const idle = [await open(server, GET), await open(server, ''), await open(server, 'GET /met')];
  // They are let in one after the other: when the last two see that they are cut off, the first was let in.
  const areCutOff = () => idle.slice(1).every((socket) => socket.resume().destroyed);
  expect(await waitFor(areCutOff, { timeoutMs: 20_000, everyMs: 20 })).toBe(true);
  const gone = await waitFor(async () => (await server.connections()) === 0, {
    timeoutMs: 20_000,
    everyMs: 20,
  });
  for (const socket of idle) socket.destroy();
  expect(gone).toBe(true);
});

it('keeps so many pages for readers who take their time, and cuts off who has taken longest', async () => {
  await using server = await serving(60_000);
  const readers: Socket[] = [];
  try {
    for (let i = 0; i < 40; i++) readers.push(await open(server, GET));
    const bounded = await waitFor(async () => (await server.connections()) <= 16, {
      timeoutMs: 20_000,
      everyMs: 20,
    });
    expect(bounded).toBe(true);
    expect((await (await fetch(server.metricsUrl)).arrayBuffer()).byteLength).toBe(PAGE.length);
  } finally {
    for (const reader of readers) reader.destroy();
  }
});
