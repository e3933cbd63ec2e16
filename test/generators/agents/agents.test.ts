import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { waitFor } from '../../../src/base/wait.js';
import type { EventKind } from '../../../src/contracts/plan.js';
import { emptyStamp, readStamp } from '../../../src/wire/stamp.js';
import { startTestServer } from '../../support/nats-server.js';
import { LoadUnderTest, type TestLoadOptions } from '../load-under-test.js';

const HEARTBEATS: readonly EventKind[] = [
  {
    domain: 'orders',
    type: 'Heartbeat',
    subject: 'cim.events.orders.Heartbeat',
    weight: 1,
    size: { minBytes: 16, maxBytes: 16 },
  },
];

interface Seen {
  readonly subject: string;
  readonly writer: number;
  readonly sequence: number;
  readonly dueNs: number;
  /** The payload behind the stamp. */
  readonly body: string;
}

/** What a subscriber with the NATS.js client sees of the agents. */
async function watch(port: number) {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const seen: Seen[] = [];
  const stamp = emptyStamp();
  connection.subscribe('cim.events.>', {
    callback: (_, { subject, data }) => {
      if (!readStamp(data, 0, data.length, stamp)) throw new Error(`a foreign message on ${subject}`);
      seen.push({ subject, ...stamp, body: Buffer.from(data.subarray(16)).toString('latin1') });
    },
  });
  await connection.flush();
  return { seen, close: () => connection.close() };
}

const agents = (options: Omit<TestLoadOptions, 'kind' | 'schedule'> & { readonly seconds: number }) =>
  new LoadUnderTest({
    kind: 'agents',
    schedule: { mode: 'follow', durationNs: options.seconds * NS.s },
    events: HEARTBEATS,
    ...options,
  });

describe('agents', () => {
  it('beat each in their own rhythm, and every beat is counted where it was due', async () => {
    await using server = await startTestServer();
    const watcher = await watch(server.port);
    const load = agents({
      access: server.access,
      seconds: 1,
      required: { agents: 500, every: '100ms', ramp: '0s', connections: 4 },
      writer: 10,
    });
    await load.start();
    await load.finished();
    const sent = load.count('sent');
    await waitFor(() => watcher.seen.length >= sent, { timeoutMs: 10_000 });
    await watcher.close();
    const { seen } = watcher;
    // A tenth of a second after the first at a time drawn: ten each, or nine.
    expect(sent).toBeGreaterThan(500 * 9);
    expect(sent).toBeLessThanOrEqual(500 * 10);
    expect(load.count('due')).toBe(sent);
    expect(load.count('ok')).toBe(sent);
    expect(seen).toHaveLength(sent);
    expect(new Set(seen.map(({ subject }) => subject))).toEqual(new Set(['cim.events.orders.Heartbeat']));
    for (const { dueNs } of seen) {
      expect(dueNs).toBeGreaterThanOrEqual(load.startNs - 1000);
      expect(dueNs).toBeLessThanOrEqual(load.startNs + NS.s);
    }
    // Each connection is a writer, whose events come in order.
    for (const writer of [10, 11, 12, 13]) {
      const numbers = seen.filter((each) => each.writer === writer).map(({ sequence }) => sequence);
      expect(numbers).toEqual(numbers.map((_, i) => i));
      expect(numbers.length).toBeGreaterThan(1000);
    }
  });
});
