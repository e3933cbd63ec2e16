import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { startTestServer } from '../support/nats-server.js';

test('a test server runs with JetStream on random ports and leaves nothing', async () => {
  let pid: number;
  let directory: string;
  {
    await using server = await startTestServer({ jetstream: true, config: { max_payload: 2048 } });
    pid = server.pid;
    directory = dirname(server.logFile);
    const varz = (await (await fetch(`${server.monitorUrl}/varz`)).json()) as {
      jetstream: { config: { store_dir: string } };
    };
    expect(varz).toMatchObject({ port: server.port, host: '127.0.0.1', max_payload: 2048 });
    expect(varz.jetstream.config.store_dir).toContain(directory);
  }
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(existsSync(directory)).toBe(false);
});

test('a server that does not start says why', async () => {
  await expect(startTestServer({ config: { no_such_setting: 1 } })).rejects.toThrow('no_such_setting');
});
