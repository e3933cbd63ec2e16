import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import { subscribe } from '../../src/generators/subscribe/subscribe.js';
import { readVarz } from '../../src/nats/endpoints.js';
import {
  BATCH_ENTRY_BYTES,
  BATCH_HEADER_BYTES,
  writeBatchHeader,
  writeBodyLength,
} from '../../src/wire/batch.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { LoadUnderTest, ORDERS, steadyRate, type TestLoadOptions } from './load-under-test.js';

const WRITER = { writer: 0, subjects: ORDERS.slice(0, 2).map(({ subject }) => subject) };

function subscribers(
  server: TestServer,
  params: Record<string, unknown>,
  more: Partial<TestLoadOptions> = {},
) {
  return new LoadUnderTest({
    access: server.access,
    kind: 'subscribe',
    schedule: { mode: 'follow' },
    required: params,
    writers: [WRITER],
    writer: 9,
    ...more,
  });
}

function publisher(server: TestServer, perSec: number, seconds: number, size?: number) {
  const events = size === undefined ? ORDERS : [sized(size)];
  return new LoadUnderTest({
    access: server.access,
    kind: 'publish',
    schedule: steadyRate(perSec, seconds),
    events,
  });
}

const sized = (bytes: number) => ({ ...ORDERS[0]!, size: { minBytes: bytes, maxBytes: bytes } });

/** Runs the others to their end, and then those who follow them. */
async function runBoth(listening: LoadUnderTest[], sending: LoadUnderTest) {
  for (const load of listening) await load.start();
  await sending.run();
  for (const load of listening) load.stop();
  for (const load of listening) await load.finished();
}

describe('subscribe', () => {
  it('receives each event of its domains once a subscriber, with its bytes and how late it came', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, { subscribers: 3, connections: 2 });
    const sender = publisher(server, 2000, 0.5);
    await runBoth([load], sender);
    expect(load.count('received')).toBe(3 * 1000);
    expect(load.count('bytes')).toBe(3 * sender.count('bytes'));
    expect(load.histogram('lag').total).toBe(3000);
    expect(load.histogram('lag').min).toBeGreaterThan(0);
    expect(load.count('lost') + load.count('duplicates') + load.count('due') + load.count('sent')).toBe(0);
  });

  it('shares what comes among the members of a queue group, and says how evenly', async () => {
    await using server = await startTestServer();
    const loads = [0, 1].map((worker) =>
      subscribers(server, { subscribers: 4, queue: 'crew' }, { worker, workers: 2 }),
    );
    const sender = publisher(server, 2000, 0.5);
    await runBoth(loads, sender);
    expect(loads.reduce((sum, load) => sum + load.count('received'), 0)).toBe(1000);
    // A member sees only its part: what it does not see is not lost.
    expect(loads.map((load) => load.count('lost'))).toEqual([0, 0]);
    for (const load of loads) {
      expect(load.noticesOf('note').map(({ text }) => text)).toEqual([
        expect.stringMatching(
          /^queue group crew: each of 2 members received between .* % and .* % of \d+ events$/,
        ),
      ]);
    }
  });

  it('listens to subjects of its own, and takes messages of others as they are', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, { subject: ['cim.events.other.*', 'foreign.>'] });
    await load.start();
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    for (let i = 0; i < 20; i++) connection.publish('foreign.a.b', 'hello');
    connection.publish('cim.events.orders.Placed', 'not for it');
    await connection.flush();
    await connection.close();
    load.stop();
    await load.finished();
    expect(load.count('received')).toBe(20);
    expect(load.count('bytes')).toBe(100);
    expect(load.histogram('lag').total).toBe(0);
  });

  it('counts what is missing in the sequence of a writer, what comes twice, and each event of a batch', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, {});
    await load.start();
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const dueUs = Math.floor(load.startNs / 1000) - 100_000;
    const stamped = (sequence: number) => {
      const bytes = new Uint8Array(16);
      writeStamp(bytes, 0, WRITER.writer, sequence, dueUs);
      return bytes;
    };
    for (const sequence of [0, 1, 4, 4]) connection.publish(ORDERS[0]!.subject, stamped(sequence));
    const batch = new Uint8Array(BATCH_HEADER_BYTES + 3 * BATCH_ENTRY_BYTES);
    writeBatchHeader(batch, 0, 3);
    [5, 6, 9].forEach((sequence, i) => {
      const at = BATCH_HEADER_BYTES + i * BATCH_ENTRY_BYTES;
      writeStamp(batch, at, WRITER.writer, sequence, dueUs);
      writeBodyLength(batch, at, 0);
    });
    connection.publish(ORDERS[1]!.subject, batch);
    await connection.flush();
    await connection.close();
    load.stop();
    await load.finished();
    expect(load.count('received')).toBe(6);
    expect(load.count('lost')).toBe(4);
    expect(load.count('duplicates')).toBe(1);
    expect(load.count('bytes')).toBe(3 * 16 + batch.length);
    expect(load.histogram('lag').total).toBe(6);
  });

  it('says nothing of losses where it hears only a part of what a writer sends', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, { subject: ORDERS[1]!.subject });
    const sender = publisher(server, 1000, 0.3);
    await runBoth([load], sender);
    expect(load.count('received')).toBeGreaterThan(0);
    expect(load.count('received')).toBeLessThan(sender.count('ok'));
    expect(load.count('lost')).toBe(0);
  });

  it('works off no more than its delay lets it, and reads the rest when the others have ended', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, { delay: '20ms' });
    const sender = publisher(server, 500, 0.5);
    await load.start();
    await sender.run();
    // 250 events of 20 ms each take five seconds: it has hardly begun, and what it has read is as late as that.
    load.stop();
    await load.finished();
    expect(load.count('received')).toBe(250);
    expect(load.count('lost')).toBe(0);
    expect(load.histogram('lag').max).toBeGreaterThan(0.1 * NS.s);
  });

  it('is cut off as a slow consumer when it stalls, comes back, and counts what it missed', async () => {
    await using server = await startTestServer({
      config: { max_payload: 100_000, max_pending: 200_000, write_deadline: '200ms' },
    });
    const load = subscribers(server, { stall: { every: '1s', for: '800ms' } });
    // More than all the buffers between hold while it does not read.
    const sender = publisher(server, 3000, 600, 16_000);
    await load.start();
    await sender.start();
    await waitFor(() => load.count('lost') > 0, { timeoutMs: 60_000 });
    sender.stop();
    await sender.finished();
    load.stop();
    await load.finished();
    expect(load.count('lost')).toBeGreaterThan(0);
    expect(load.count('received') + load.count('lost')).toBeLessThanOrEqual(sender.count('sent'));
    expect(load.noticesOf('reconnected').length).toBeGreaterThan(0);
    const notes = load.noticesOf('note').map(({ text }) => text);
    expect(new Set(notes)).toEqual(new Set(['a connection was ended that is read slowly, as it was told']));
    const { slow_consumers } = await readVarz(server.monitorUrl);
    expect(slow_consumers).toBeGreaterThan(0);
  });

  it('ends when its own time is over, however long the others go on', async () => {
    await using server = await startTestServer();
    const load = subscribers(server, {}, { schedule: { mode: 'follow', durationNs: 2 * NS.s } });
    const sender = publisher(server, 1000, 600);
    // Listening has begun when the sending has.
    await load.ready();
    await sender.start();
    await load.start();
    await load.finished();
    await waitFor(() => sender.count('ok') > load.count('received'), { timeoutMs: 30_000 });
    sender.stop();
    await sender.finished();
    expect(load.count('received')).toBeGreaterThan(0);
    expect(load.count('received')).toBeLessThan(sender.count('ok'));
  });

  it('refuses to start where the server does not let it listen', async () => {
    const permissions = { subscribe: { deny: ['cim.events.orders.>'] } };
    const config = { authorization: { users: [{ user: 'u', password: 'p', permissions }] } };
    await using server = await startTestServer({ config });
    const load = new LoadUnderTest({
      access: { ...server.access, user: 'u', password: 'p' },
      kind: 'subscribe',
      schedule: { mode: 'follow' },
    });
    await expect(load.ready()).rejects.toThrow(
      /^preflight: load orders may not listen: Permissions Violation for Subscription to "cim.events.orders/,
    );
  });

  it.each([
    [{ subscribers: 2, connections: 3 }, 1, 'connections', /3 connections for 2 subscribers/],
    [{ subscribers: 2 }, 4, 'workers', /4 workers share 2 connections/],
    [{ subject: ['a.>', 'b', 'a.b'] }, 1, 'subject', /`a.b` overlaps/],
  ])('finds what cannot be: %j with %i workers', (input, workers, key, message) => {
    const load = { workers, params: subscribe.schema.parse(input) } as unknown as LoadPlan;
    const scene = { streams: [], events: [], loads: [], isExternal: false, defaultStorage: 'file' } as const;
    const problems = subscribe.findProblems?.(load, scene) ?? [];
    expect(problems.map((problem) => problem.key)).toEqual([key]);
    expect(problems[0]!.message).toMatch(message);
  });

  it.each([
    [{ subject: 'a..b' }],
    [{ subject: [] }],
    [{ queue: 'two words' }],
    [{ subscribers: 0 }],
    [{ delay: '0s' }],
    [{ stall: { every: '1s', for: '2s' } }],
    [{ stall: { every: '1s' } }],
    [{ quue: 'x' }],
  ])('does not take %j', (input) => {
    expect(subscribe.schema.safeParse(input).success).toBe(false);
  });
});
