import { expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { PullReader } from '../../src/generators/js-consume/pull-reader.js';
import { NoticeBook } from '../../src/generators/notice-book.js';
import { WireConnection } from '../../src/wire/connection.js';
import { startTestServer } from '../support/nats-server.js';

it('takes a consumer for silent by what was read of it, never for a standstill of our own', async () => {
  await using server = await startTestServer({ jetstream: true });
  const connection = new WireConnection({ access: server.access, name: 'test' }, { onMessage: () => {} });
  await connection.connect();
  const notices = new NoticeBook();
  const reader = new PullReader(
    {
      connection,
      notices,
      stream: 'ORDERS',
      batch: 10,
      threshold: 5,
      expiresNs: 30 * NS.s,
      heartbeatNs: NS.s,
    },
    'consumer',
  );
  reader.listen();
  expect(reader.pull(10, 100 * NS.s)).toBe(10);
  // Ten seconds later; nothing has been read since the pull request went out.
  reader.tend(110 * NS.s, 100 * NS.s);
  expect(reader.outstanding).toBe(10);
  reader.tend(110 * NS.s, 102 * NS.s);
  expect(reader.outstanding).toBe(10);
  reader.tend(110 * NS.s, 103 * NS.s);
  expect(reader.outstanding).toBe(0);
  expect(notices.take('orders', 0).map(({ text }) => text)).toEqual([
    'a pull request without a message or a heartbeat',
  ]);
  await connection.close();
});
