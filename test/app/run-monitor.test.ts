import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runMonitor } from '../../src/app/run-monitor.js';
import { startTestServer } from '../support/nats-server.js';

it('does not start with a context of the system that a server refuses', async () => {
  const accounts = {
    SYSTEM: { users: [{ user: 'admin', password: 'secret' }] },
    EVENTS: { users: [{ user: 'app', password: 'secret' }] },
  };
  await using server = await startTestServer({ config: { system_account: 'SYSTEM', accounts } });
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-test-context-'));
  const systemContext = join(directory, 'system.json');
  const url = `nats://127.0.0.1:${server.port}`;
  await writeFile(systemContext, JSON.stringify({ url, user: 'admin', password: 'wrong' }));
  try {
    const started = runMonitor({
      servers: [url],
      access: { user: 'app', password: 'secret' },
      systemContext,
      port: 0,
      host: '127.0.0.1',
      onNotice: () => {},
    });
    await expect(started).rejects.toMatchObject({
      exit: 'preflight',
      message: expect.stringMatching(/^--system-context: cannot connect: .*authorization violation/i),
      hint: 'Check the user and the password.',
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
