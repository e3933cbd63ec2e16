import { expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { WireConnection } from '../../src/wire/connection.js';
import { startTestServer } from '../support/nats-server.js';

it('connects to a server that is well, though we stood still for longer than it may take', async () => {
  await using server = await startTestServer();
  const missed: string[] = [];
  const wire = new WireConnection(
    { access: server.access, name: 'standstill', connectTimeoutMs: 2000 },
    { onMessage: () => {} },
  );
  try {
    const connecting = wire.connect((reason) => void missed.push(reason));
    for (const untilNs = nowNs() + 5000 * NS.ms; nowNs() < untilNs; );
    await connecting;
    expect(missed).toEqual([]);
  } finally {
    await wire.close();
  }
});
