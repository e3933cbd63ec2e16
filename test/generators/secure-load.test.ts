import { expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { temporaryDirectory } from '../processes/temporary-directory.js';
import { messagesInto, startTestServer } from '../support/nats-server.js';
import { testAuthority } from '../support/tls-files.js';
import { LoadUnderTest, steadyRate } from './load-under-test.js';

it('a load over TLS sends as much as the socket takes, and counts what the server has', async () => {
  await using directory = await temporaryDirectory();
  const authority = await testAuthority(directory.path);
  await using server = await startTestServer({ config: { tls: authority.serverTls({ verify: true }) } });
  const load = new LoadUnderTest({
    access: { ...server.access, tls: authority.clientTls() },
    kind: 'publish',
    schedule: { mode: 'max', durationNs: 600 * NS.s },
  });
  await load.start();
  await waitFor(() => load.count('ok') > 1000, { timeoutMs: 60_000 });
  load.stop();
  await load.finished();
  expect(load.count('sent')).toBeGreaterThan(1000);
  expect(load.count('ok')).toBe(load.count('sent'));
  await expect.poll(() => messagesInto(server)).toBe(load.count('ok'));
});

it('a load whose only server left cannot be trusted says so, and goes on counting what it cannot send', async () => {
  await using directory = await temporaryDirectory();
  const [ours, theirs] = [await testAuthority(directory.path), await testAuthority(directory.path)];
  await using first = await startTestServer({ config: { tls: ours.serverTls() } });
  await using second = await startTestServer({ config: { tls: theirs.serverTls() } });
  const load = new LoadUnderTest({
    access: { servers: [...first.access.servers, ...second.access.servers], tls: { ca: ours.ca } },
    kind: 'publish',
    schedule: steadyRate(500, 600),
  });
  await load.start();
  await waitFor(() => load.count('ok') > 0, { timeoutMs: 30_000 });
  await first.stop('SIGKILL');
  const refused = () =>
    load.noticesOf('server-error').filter(({ text }) => text.includes('refused a reconnection'));
  await waitFor(() => refused().length > 0, { timeoutMs: 30_000 });
  load.stop();
  await load.finished();
  expect(refused()[0]?.text).toMatch(
    new RegExp(`^127\\.0\\.0\\.1:${second.port} refused a reconnection: its certificate comes from a CA`),
  );
  expect(load.noticesOf('disconnected')).toHaveLength(1);
  expect(load.noticesOf('reconnected')).toEqual([]);
  expect(load.count('due')).toBe(load.count('sent') + load.count('unsent') + load.count('dropped'));
});
