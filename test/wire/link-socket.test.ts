import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { HeldTime } from '../../src/wire/held-time.js';
import { LinkSocket } from '../../src/wire/link-socket.js';

const BLOCKS = 2000;

it('knows a peer that takes slowly from one that takes nothing, or has taken all', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as AddressInfo;
  const address = { host: '127.0.0.1', port };
  const events = { onBytes: () => {}, onEnd: () => {}, onDrain: () => {} };
  const socket = new LinkSocket(address, { tls: undefined, dial: undefined }, new HeldTime(), events);
  const [peer] = (await accepted) as [Socket];
  try {
    expect(socket.takesSlowly()).toBe(false);
    // More than the kernels of both sides have room for.
    let flushed = 0;
    const block = Buffer.alloc(64 * 1024);
    for (let i = 0; i < BLOCKS; i++) socket.write(block, () => void flushed++);
    await waitFor(() => socket.pendingBytes > 0, { timeoutMs: 30_000, everyMs: 5 });
    await waitFor(() => !socket.takesSlowly(), { timeoutMs: 30_000, everyMs: 100 });
    expect([socket.pendingBytes > 0, socket.takesSlowly()]).toEqual([true, false]);
    peer.resume();
    expect(await waitFor(() => socket.takesSlowly(), { timeoutMs: 30_000, everyMs: 1 })).toBe(true);
    await waitFor(() => flushed === BLOCKS, { timeoutMs: 30_000, everyMs: 5 });
    expect([socket.pendingBytes, socket.takesSlowly()]).toEqual([0, false]);
  } finally {
    socket.destroy();
    peer.destroy();
    server.close();
  }
});
