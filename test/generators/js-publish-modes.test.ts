import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredMsg } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadScene } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import { jsPublish } from '../../src/generators/js-publish/js-publish.js';
import { isOlder } from '../../src/generators/js-publish/prepare-batches.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { whileStopped } from '../support/pause-process.js';
import { startRelay } from '../support/relay.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';
import { type Operation, readOperations } from './operations.js';
import { startWithStream } from './orders-stream.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stormglass-js-publish-modes-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A stream that takes batches of both kinds. */
async function startWithBatches(config: Record<string, unknown> = {}) {
  const system = await startWithStream({ allow_atomic: true, allow_batched: true, ...config });
  return {
    ...system,
    message: async (seq: number) => (await system.manager.streams.getMessage('ORDERS', { seq })) as StoredMsg,
  };
}

type System = Awaited<ReturnType<typeof startWithBatches>>;

let histories = 0;

/** A load that is ready to start. */
async function makeReady(
  system: System,
  params: Readonly<Record<string, unknown>>,
  schedule: LoadSchedule = steadyRate(2000, 0.5),
  access = system.server.access,
) {
  const historyFile = join(directory, `${histories++}.bin`);
  const load = new LoadUnderTest({
    access,
    kind: 'js-publish',
    schedule,
    params,
    historyFile,
    writer: 3,
  });
  await load.ready();
  return {
    load,
    async ended() {
      await load.finished();
      const operations = readOperations(historyFile);
      expect(operations.map(({ sequence }) => sequence)).toEqual(operations.map((_, i) => i));
      expect(operations).toHaveLength(load.count('sent'));
      return operations;
    },
  };
}

async function publish(...load: Parameters<typeof makeReady>) {
  const ready = await makeReady(...load);
  await ready.load.start();
  return ready;
}

const outcomes = (operations: readonly Operation[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome, reason } of operations) {
    const key = reason === '' ? outcome : `${outcome}: ${reason}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};

/** Each acknowledgement names the place in the stream where exactly that operation lies. */
async function expectInPlace(system: System, operations: readonly Operation[]) {
  const stamp = emptyStamp();
  for (const { sequence, subject, streamSequence } of operations) {
    const message = await system.message(streamSequence);
    expect(readStamp(message.data, 0, message.data.length, stamp)).toBe(true);
    expect({ subject: message.subject, writer: stamp.writer, sequence: stamp.sequence }).toEqual({
      subject,
      writer: 3,
      sequence,
    });
  }
}

describe('js-publish, one at a time', () => {
  it('has one in flight', async () => {
    await using system = await startWithBatches();
    const { load, ended } = await makeReady(system, { mode: 'sync' }, steadyRate(500, 1));
    const sentWhileStopped = await whileStopped(system.server.pid, async () => {
      await load.start();
      await waitFor(() => (load.reports.at(-1)?.pending ?? 0) > 50, { timeoutMs: 20_000 });
      return load.count('sent') - load.count('ok');
    });
    expect(outcomes(await ended())).toEqual({ ok: 500 });
    expect(sentWhileStopped).toBeLessThanOrEqual(1);
  });
});

describe('js-publish, with message ids', () => {
  it('gives each message an id of its own', async () => {
    await using system = await startWithBatches();
    const { load, ended } = await publish(system, { 'msg-id': true });
    expect(outcomes(await ended())).toEqual({ ok: 1000 });
    expect(load.count('duplicates')).toBe(0);
    expect(await system.stored()).toBe(1000);
    expect((await system.message(7)).header.get('Nats-Msg-Id')).toBe('test-3-0000000000006');
  });

  it('publishes some twice, and has each stored once', async () => {
    await using system = await startWithBatches();
    const { load, ended } = await publish(system, { 'msg-id': { repeat: 0.2 }, window: 64 });
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: 1000 });
    expect(await system.stored()).toBe(1000);
    expect(load.count('duplicates')).toBeGreaterThan(150);
    expect(load.count('duplicates')).toBeLessThan(250);
    expect(load.operationErrors).toEqual([]);
    await expectInPlace(
      system,
      operations.filter((_, i) => i % 50 === 7),
    );
  });
});

describe('js-publish, expecting a stream', () => {
  it('is taken by that one', async () => {
    await using system = await startWithBatches();
    const { ended } = await publish(system, { 'expect-stream': 'ORDERS' }, steadyRate(500, 0.1));
    expect(outcomes(await ended())).toEqual({ ok: 50 });
  });

  it('is refused by every other', async () => {
    await using system = await startWithBatches();
    const { ended } = await publish(system, { 'expect-stream': 'ODERS' }, steadyRate(500, 0.1));
    expect(outcomes(await ended())).toEqual({ 'failed: expected stream does not match (10060)': 50 });
    expect(await system.stored()).toBe(0);
  });
});

describe('js-publish, in atomic batches', () => {
  it('commits so many at a time, and knows where each of them lies', async () => {
    await using system = await startWithBatches();
    const { ended } = await publish(system, { mode: 'atomic', 'commit-every': 100 });
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: 1000 });
    expect(await system.stored()).toBe(1000);
    await expectInPlace(
      system,
      operations.filter((_, i) => i % 50 === 7 || i % 100 === 99),
    );
    // The answer to the commit is that of all of them.
    expect(new Set(operations.slice(100, 200).map(({ doneNs }) => doneNs)).size).toBe(1);
    const [first, last, next] = await Promise.all([101, 200, 201].map(system.message));
    expect(first!.header.get('Nats-Batch-Sequence')).toBe('00001');
    expect(last!.header.get('Nats-Batch-Id')).toBe(first!.header.get('Nats-Batch-Id'));
    expect(last!.header.get('Nats-Batch-Commit')).toBe('1');
    expect(next!.header.get('Nats-Batch-Id')).not.toBe(first!.header.get('Nats-Batch-Id'));
  });

  it('lets no message wait longer for its commit than it may, and leaves no batch open at the end', async () => {
    await using system = await startWithBatches();
    const params = { mode: 'atomic', 'commit-every': 100, 'commit-within': 100 * NS.ms };
    const { ended } = await publish(system, params, steadyRate(130, 1));
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: 130 });
    const batchIds = await Promise.all(
      operations.map(async ({ streamSequence }) => {
        return (await system.message(streamSequence)).header.get('Nats-Batch-Id');
      }),
    );
    expect(new Set(batchIds).size).toBeGreaterThan(8);
    for (const id of new Set(batchIds)) {
      const batch = operations.filter((_, i) => batchIds[i] === id);
      expect(batch.at(-1)!.dueNs - batch[0]!.dueNs).toBeLessThanOrEqual(100 * NS.ms);
    }
  });

  it('completes at the end what it has begun, as fast as it goes', async () => {
    await using system = await startWithBatches();
    const { load, ended } = await publish(
      system,
      { mode: 'atomic', 'commit-every': 70, window: 500 },
      { mode: 'max', durationNs: 600 * NS.s },
    );
    await waitFor(() => load.count('ok') > 140, { timeoutMs: 30_000 });
    load.stop();
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: operations.length });
    expect(operations.length % 70).toBe(0);
    expect(operations.length).toBeGreaterThan(140);
    expect(load.count('due')).toBe(operations.length);
    expect(await system.stored()).toBe(operations.length);
  });

  it('fails as a whole', async () => {
    await using system = await startWithBatches({ max_msgs: 250, discard: 'new' });
    const { load, ended } = await publish(system, { mode: 'atomic', 'commit-every': 100 });
    const operations = await ended();
    expect(await system.stored()).toBe(200);
    const { ok, ...others } = outcomes(operations);
    expect(ok).toBe(200);
    expect(Object.keys(others)).toEqual([`failed: ${load.operationErrors[0]}`]);
    expect(operations.findIndex(({ outcome }) => outcome !== 'ok')).toBe(200);
  });

  it('does not know of a batch whose answer was lost, and knows that of one that was not committed nothing is there', async () => {
    await using system = await startWithBatches();
    const params = { mode: 'atomic', 'commit-every': 100, window: 250 };
    const { load, ended } = await publish(system, params, steadyRate(1000, 60));
    await waitFor(() => load.count('ok') > 0, { timeoutMs: 30_000 });
    process.kill(system.server.pid, 'SIGSTOP');
    await waitFor(() => (load.reports.at(-1)?.pending ?? 0) > 400, { timeoutMs: 20_000 });
    await system.server.stop('SIGKILL');
    load.stop();
    const { ok, ...others } = outcomes(await ended());
    expect(ok! % 100).toBe(0);
    expect(others['unknown: connection lost']! % 100).toBe(0);
    for (const key of Object.keys(others)) {
      expect([
        'unknown: connection lost',
        'failed: its batch was never committed: connection lost',
      ]).toContain(key);
    }
  });

  it('does not know of a batch that is not answered in time', async () => {
    await using system = await startWithBatches();
    const params = { mode: 'atomic', 'commit-every': 50, window: 1000, 'ack-timeout': 0.3 * NS.s };
    const { load, ended } = await makeReady(system, params, steadyRate(500, 0.8));
    await whileStopped(system.server.pid, async () => {
      await load.start();
      await waitFor(() => load.count('unknown') >= 100, { timeoutMs: 20_000 });
    });
    const { ok, ...others } = outcomes(await ended());
    expect((ok ?? 0) % 50).toBe(0);
    expect(Object.keys(others)).toEqual(['unknown: no acknowledgement within 300 ms']);
  });
});

describe('js-publish, in fast batches', () => {
  it('has everything acknowledged up to a message, and the end of the batch at last', async () => {
    await using system = await startWithBatches();
    const { load, ended } = await publish(system, { mode: 'fast', 'ack-every': 20 });
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: 1000 });
    expect(await system.stored()).toBe(1000);
    expect(load.operationErrors).toEqual([]);
    // One acknowledgement is for several, and only a commit says where.
    expect(new Set(operations.map(({ doneNs }) => doneNs)).size).toBeLessThan(700);
    expect(operations.filter(({ streamSequence }) => streamSequence > 0).length).toBeLessThan(20);
  });

  it('never takes the batch of one publisher for that of another', async () => {
    await using system = await startWithBatches();
    const both = await Promise.all([1, 2].map(() => publish(system, { mode: 'fast' })));
    for (const { ended } of both) expect(outcomes(await ended())).toEqual({ ok: 1000 });
    expect(await system.stored()).toBe(2000);
  });

  it('commits so many at a time where it shall', async () => {
    await using system = await startWithBatches();
    const { ended } = await publish(system, { mode: 'fast', 'commit-every': 100 });
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: 1000 });
    const committed = operations.filter(({ streamSequence }) => streamSequence > 0);
    expect(committed.length).toBeGreaterThanOrEqual(10);
    await expectInPlace(system, committed);
  });

  it('commits what would wait too long for others to be acknowledged with', async () => {
    await using system = await startWithBatches();
    const params = { mode: 'fast', 'ack-every': 2000, window: 5000, 'commit-within': 100 * NS.ms };
    const { load, ended } = await publish(system, params, steadyRate(40, 600));
    // So few are not acknowledged by themselves.
    await expect.poll(() => load.count('ok')).toBeGreaterThan(20);
    load.stop();
    const operations = await ended();
    expect(outcomes(operations)).toEqual({ ok: operations.length });
    expect(operations.length).toBeLessThan(2000);
    expect(operations.filter(({ streamSequence }) => streamSequence > 0).length).toBeGreaterThan(1);
  });

  it('begins another batch when one has ended for a message that was refused', async () => {
    await using system = await startWithBatches({ max_msgs: 150, discard: 'new' });
    const { load, ended } = await publish(system, { mode: 'fast' }, steadyRate(1000, 0.5));
    const operations = await ended();
    expect(await system.stored()).toBe(150);
    expect(operations.filter(({ outcome }) => outcome === 'ok')).toHaveLength(150);
    expect(operations).toHaveLength(500);
    expect(load.operationErrors).toContain('maximum messages exceeded (10077)');
  });

  it('fails where nobody takes it', async () => {
    await using server = await startTestServer({ jetstream: true });
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(500, 0.1),
      params: { mode: 'fast' },
    });
    await load.run();
    expect(load.count('failed')).toBe(50);
    // A worker tells of what fails once a flush, so that how often it is told depends on the machine.
    expect(new Set(load.operationErrors)).toEqual(new Set(['no responders']));
  });

  it('goes on with another batch when its connection was lost', async () => {
    await using system = await startWithBatches();
    await using relay = await startRelay(system.server.port);
    const { load, ended } = await publish(system, { mode: 'fast' }, steadyRate(500, 600), relay.access);
    await waitFor(() => load.count('ok') > 0, { timeoutMs: 30_000 });
    relay.cut();
    await waitFor(() => load.noticesOf('reconnected').length > 0, { timeoutMs: 30_000 });
    const okBefore = load.count('ok');
    await waitFor(() => load.count('ok') > okBefore, { timeoutMs: 30_000 });
    load.stop();
    const { ok, ...others } = outcomes(await ended());
    expect(load.noticesOf('reconnected')).toHaveLength(1);
    expect(Object.keys(others).every((key) => key === 'unknown: connection lost')).toBe(true);
    expect(ok).toBeGreaterThan(okBefore);
    expect(await system.stored()).toBeGreaterThanOrEqual(ok!);
  });
});

describe('what a scenario says of js-publish', () => {
  const scene: LoadScene = {
    streams: [
      {
        name: 'ORDERS',
        subjects: ['cim.events.orders.>'],
        config: { allow_atomic: true, allow_batched: true },
      },
      { name: 'OTHER', subjects: ['cim.events.other.>'], config: {} },
    ],
    events: ORDERS,
    loads: [],
    isExternal: false,
    defaultStorage: 'file',
  };
  const planOf = (params: Record<string, unknown>, plan: Partial<LoadPlan> = {}): LoadPlan => ({
    name: 'orders',
    kind: 'js-publish',
    domains: ['orders'],
    schedule: steadyRate(100, 1),
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: jsPublish.schema.parse(params),
    ...plan,
  });
  const problems = (params: Record<string, unknown>, plan?: Partial<LoadPlan>) =>
    jsPublish.findProblems!(planOf(params, plan), scene).map(({ key, message }) => `${key}: ${message}`);
  const closed: LoadSchedule = { mode: 'closed', concurrency: 50, durationNs: NS.s };

  it.each([{}, { mode: 'sync' }, { mode: 'atomic' }, { mode: 'fast' }, { 'msg-id': { repeat: '1%' } }])(
    'is complete: %o',
    (params) => {
      expect(problems(params)).toEqual([]);
    },
  );

  it.each<[Record<string, unknown>, Partial<LoadPlan>, string]>([
    [
      { mode: 'sync' },
      { schedule: closed },
      'mode: mode sync has one message in flight per worker, whatever its concurrency',
    ],
    [
      { mode: 'fast', 'msg-id': { repeat: '1%' } },
      {},
      'msg-id: what is published twice is published by itself, not in a batch',
    ],
    [{ 'commit-every': 10 }, {}, 'commit-every: mode async commits nothing'],
    [{ mode: 'atomic' }, { domains: ['other'] }, 'mode: the stream OTHER takes no such batches'],
    [
      { mode: 'atomic', 'commit-every': 300 },
      {},
      'window: a batch of 300 messages does not fit into 256 in flight per worker',
    ],
    [
      { mode: 'atomic' },
      { schedule: closed },
      'concurrency: a batch of 100 messages does not fit into 50 in flight per worker',
    ],
    [{ 'expect-stream': 'OTHER' }, {}, 'expect-stream: events of this load go to ORDERS'],
  ])('is refused: %o, %o', (params, plan, problem) => {
    expect(problems(params, plan)).toEqual([problem]);
  });

  it('says before it starts that a stream takes no batches', async () => {
    await using system = await startWithBatches({ allow_atomic: false });
    const prepare = (mode: string) =>
      jsPublish.prepare!(planOf({ mode }), {
        runId: 'test',
        seed: 1,
        access: system.server.access,
        nodes: [],
        scene,
        recordUndo: () => {},
        signal: new AbortController().signal,
      });
    await expect(prepare('atomic')).rejects.toThrow(/the stream ORDERS takes no such batches/);
    await (await prepare('fast'))();
  });

  it('knows the age of a server', () => {
    expect(isOlder('2.11.9', '2.12.0')).toBe(true);
    expect(isOlder('2.12.0', '2.12.0')).toBe(false);
    expect(isOlder('2.14.0-RC.1', '2.14.0')).toBe(false);
    expect(isOlder('3.0.0', '2.14.0')).toBe(false);
  });
});
