import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { cpuTimeNs, readOpenFilesLimit, readProcessUsage } from '../../src/processes/process-usage.js';
import { startTestServer } from '../support/nats-server.js';

describe('readProcessUsage', () => {
  it('tells the CPU that a process uses, in seconds of one core', async () => {
    const child = spawn(process.execPath, ['-e', 'for (;;);']);
    try {
      const pid = child.pid as number;
      const used = await waitFor(
        async () => ((await readProcessUsage(pid))?.cpuNs ?? 0) > 0.3e9 && readProcessUsage(pid),
        { timeoutMs: 20_000 },
      );
      expect(used).toBeTruthy();
      expect((used || undefined)?.residentBytes).toBeGreaterThan(1e6);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.runIf(process.platform === 'linux')(
    'counts the open files of a server as its clients come',
    async () => {
      await using server = await startTestServer();
      const before = await readProcessUsage(server.pid);
      // A few more than are counted: the connection on which its start was waited for may be closed meanwhile.
      const sockets = Array.from({ length: 30 }, () => connect(server.port, '127.0.0.1'));
      try {
        const grown = await waitFor(
          async () => ((await readProcessUsage(server.pid))?.openFiles ?? 0) >= (before?.openFiles ?? 0) + 25,
          { timeoutMs: 30_000 },
        );
        expect(before?.openFiles).toBeGreaterThan(0);
        expect(grown).toBe(true);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    },
  );

  it('knows nothing of a process that is not there', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('close', resolve));
    expect(await readProcessUsage(child.pid as number)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('knows how many files this process may open', async () => {
    const limit = readOpenFilesLimit() ?? Number.POSITIVE_INFINITY;
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const own = await readProcessUsage(process.pid);
    listener.close();
    expect(own?.openFiles).toBeGreaterThan(3);
    expect(own?.openFiles).toBeLessThanOrEqual(limit);
  });

  it.each([
    ['0:01.50', 1.5e9],
    ['12:05.03', 725.03e9],
    ['01:02:03', 3723e9],
    ['2-01:00:00', 176_400e9],
    ['', undefined],
    ['TIME', undefined],
  ])('reads the CPU time that ps prints: %j', (text, ns) => {
    expect(cpuTimeNs(text)).toBe(ns);
  });
});
