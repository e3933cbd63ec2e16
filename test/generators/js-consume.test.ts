import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsumerInfo, jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadScene } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan.js';
import { jsConsume } from '../../src/generators/js-consume/js-consume.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { LoadUnderTest } from './load-under-test.js';
import { countOperations, type Operation, readOperations } from './operations.js';

const STREAM = 'ORDERS';
const SUBJECT = 'cim.events.orders.Placed';

async function startWithStream(config: Partial<StreamConfig> = {}) {
  const server = await startTestServer({ jetstream: true });
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: ['cim.events.>'], ...config });
  const js = jetstream(connection);
  return {
    server,
    manager,
    /** Publishes so many messages, each stamped as due now, and waits for the stream to have them. */
    async fill(count: number, subject = SUBJECT, dueNs = nowNs()) {
      const payload = Buffer.alloc(32);
      await Promise.all(
        Array.from({ length: count }, (_, i) => {
          writeStamp(payload, 0, 1, i, Math.floor(dueNs / 1000));
          return js.publish(subject, Uint8Array.from(payload));
        }),
      );
    },
    async consumers(): Promise<ConsumerInfo[]> {
      const all: ConsumerInfo[] = [];
      for await (const info of manager.consumers.list(STREAM)) all.push(info);
      return all;
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

type System = Awaited<ReturnType<typeof startWithStream>>;

interface Consuming {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly workers?: number;
  readonly durationNs?: number;
  readonly scene?: Partial<LoadScene>;
  /** Where each worker leaves its history: `0.sgh`, … */
  readonly historyDir?: string;
}

function planOf({ params, workers = 1, durationNs }: Consuming): LoadPlan {
  return {
    name: 'orders',
    kind: 'js-consume',
    domains: [],
    schedule: { mode: 'follow', ...(durationNs !== undefined && { durationNs }) },
    atNs: 0,
    warmUpNs: 0,
    workers,
    params: jsConsume.schema.parse({ stream: STREAM, ...params }),
  };
}

/** What the load makes ready in the conductor's thread, and all of its workers. */
async function consume(system: System, consuming: Consuming = {}) {
  const load = planOf(consuming);
  const tidy = await jsConsume.prepare!(load, {
    runId: 'test',
    seed: 1,
    access: system.server.access,
    scene: { streams: [], events: [], loads: [load], isExternal: true, defaultStorage: 'file' },
    nodes: [],
    recordUndo: () => {},
    signal: new AbortController().signal,
  });
  const workers = Array.from(
    { length: load.workers },
    (_, worker) =>
      new LoadUnderTest({
        access: system.server.access,
        kind: 'js-consume',
        schedule: load.schedule,
        required: { stream: STREAM },
        params: load.params,
        worker,
        workers: load.workers,
        writer: 20 + worker,
        ...(consuming.historyDir && { historyFile: join(consuming.historyDir, `${worker}.sgh`) }),
      }),
  );
  for (const worker of workers) await worker.start();
  return {
    first: workers[0]!,
    workers,
    tidy,
    count: (counter: Parameters<LoadUnderTest['count']>[0]) =>
      workers.reduce((sum, worker) => sum + worker.count(counter), 0),
    /** Ends the load when the look holds. */
    async until(look: () => boolean | Promise<boolean>) {
      const seen = await waitFor(look, { timeoutMs: 15_000, everyMs: 10 });
      for (const worker of workers) worker.stop();
      for (const worker of workers) await worker.finished();
      expect(seen, 'the load never came so far').toBe(true);
    },
  };
}

const infoOf = async (system: System) => (await system.consumers())[0]!;
const settled = async (system: System) => {
  const { num_pending, num_ack_pending } = await infoOf(system);
  return num_pending + num_ack_pending === 0;
};

/** A load that reads what there is, and ends. */
async function drain(system: System, consuming: Consuming = {}) {
  const params = { until: 'drained', ...consuming.params };
  const load = await consume(system, { durationNs: 0.01 * NS.s, ...consuming, params });
  for (const worker of load.workers) await worker.finished();
  return load;
}

/** A load that reads what there is, and the history that its workers leave. */
async function recorded(system: System, consuming: Consuming = {}) {
  const historyDir = await mkdtemp(join(tmpdir(), 'stormglass-js-consume-'));
  try {
    const load = await drain(system, { ...consuming, historyDir });
    const byWorker = load.workers.map((_, worker) => readOperations(join(historyDir, `${worker}.sgh`)));
    return { load, byWorker, operations: byWorker.flat() };
  } finally {
    await rm(historyDir, { recursive: true });
  }
}

const ofKind = (operations: readonly Operation[], kind: string) =>
  operations.filter((each) => each.kind === kind);

const textsOf = (load: LoadUnderTest): string[] => load.noticesOf('operation-error').map(({ text }) => text);

describe('js-consume', () => {
  it.each(['consume', 'fetch'])(
    'in mode %s receives and acknowledges what the stream holds',
    async (mode) => {
      await using system = await startWithStream();
      await system.fill(2000);
      const load = await drain(system, { params: { mode, batch: 100 } });
      expect(load.count('received')).toBe(2000);
      expect(load.count('ok')).toBe(2000);
      expect(load.count('bytes')).toBe(2000 * 32);
      expect(load.count('redelivered') + load.count('duplicates') + load.count('lost')).toBe(0);
      const info = await infoOf(system);
      expect(info.ack_floor.stream_seq).toBe(2000);
      expect(info.num_redelivered).toBe(0);
      expect(textsOf(load.first)).toEqual([]);
    },
  );

  it('tells how long an event was on its way, and nothing of those of earlier runs', async () => {
    await using system = await startWithStream();
    await system.fill(10);
    const load = await consume(system);
    const dueNs = load.first.startNs + NS.ms;
    await waitFor(() => nowNs() > dueNs + 0.2 * NS.s, { timeoutMs: 5000 });
    await system.fill(7, SUBJECT, dueNs);
    await load.until(() => settled(system));
    expect(load.count('received')).toBe(17);
    expect(load.first.histogram('lag').total).toBe(7);
    expect(load.first.histogram('lag').min).toBeGreaterThan(0.19 * NS.s);
  });

  it('reads in order, without acknowledgements, through a consumer in memory that is gone afterwards', async () => {
    await using system = await startWithStream();
    await system.fill(3000);
    const load = await consume(system, { params: { mode: 'ordered' } });
    await waitFor(async () => (await system.consumers()).length === 1, { timeoutMs: 5000 });
    const { config } = await infoOf(system);
    expect(config).toMatchObject({ ack_policy: 'none', mem_storage: true, num_replicas: 1 });
    await load.until(() => load.count('received') === 3000);
    expect(load.count('sent') + load.count('lost')).toBe(0);
    expect(await system.consumers()).toEqual([]);
  });

  it('goes on behind the last message when its ordered consumer is deleted', async () => {
    await using system = await startWithStream();
    await system.fill(500);
    const load = await consume(system, { params: { mode: 'ordered' } });
    const hasRead = async (sequence: number) => (await infoOf(system))?.delivered.stream_seq === sequence;
    await waitFor(() => hasRead(500), { timeoutMs: 10_000 });
    await system.manager.consumers.delete(STREAM, (await infoOf(system)).name);
    await system.fill(500);
    await load.until(() => load.count('received') === 1000);
    expect(load.count('duplicates') + load.count('lost')).toBe(0);
    expect(textsOf(load.first)[0]).toBe('pull request: 409 Consumer Deleted');
  });

  it('counts what is missing from the sequence of the stream', async () => {
    await using system = await startWithStream();
    await system.fill(100);
    for (const seq of [40, 41, 42]) await system.manager.streams.deleteMessage(STREAM, seq);
    const load = await drain(system, { params: { mode: 'ordered' } });
    expect(load.count('received')).toBe(97);
    expect(load.count('lost')).toBe(3);
  });

  it.each(['consume', 'ordered'])('in mode %s filters, from a sequence on', async (mode) => {
    await using system = await startWithStream();
    await system.fill(20, 'cim.events.orders.Placed');
    await system.fill(20, 'cim.events.orders.Paid');
    await system.fill(20, 'cim.events.other.Seen');
    const load = await drain(system, {
      params: {
        mode,
        filter: ['cim.events.orders.Paid', 'cim.events.other.>'],
        deliver: 'by-start-sequence',
        'start-sequence': 31,
      },
    });
    expect(load.count('received')).toBe(30);
    expect(load.count('lost')).toBe(0);
  });

  it('shares the messages of a consumer among workers, and gives each consumer all of them', async () => {
    await using system = await startWithStream();
    await system.fill(3000);
    const load = await drain(system, { workers: 2, params: { consumers: 2, batch: 50 } });
    expect((await system.consumers()).map(({ name }) => name).sort()).toEqual([
      'stormglass-test-orders-0',
      'stormglass-test-orders-1',
    ]);
    expect(load.count('received')).toBe(6000);
    for (const worker of load.workers) expect(worker.count('received')).toBeGreaterThan(0);
    await load.tidy();
    expect(await system.consumers()).toEqual([]);
  });

  it('gives each worker its own consumer where it shall', async () => {
    await using system = await startWithStream();
    await system.fill(400);
    const load = await drain(system, { workers: 2, params: { 'per-worker': true } });
    expect(load.workers.map((worker) => worker.count('received'))).toEqual([400, 400]);
  });

  it('has refused, unanswered and terminated deliveries come again, or not', async () => {
    await using system = await startWithStream();
    await system.fill(1000);
    const params = { nak: '10%', 'no-ack': '10%', term: '10%', 'ack-wait': '1s' };
    const load = await drain(system, { params });
    const redelivered = load.count('redelivered');
    expect(load.count('received')).toBe(1000 + redelivered);
    // A fifth comes again, of those a fifth, and so on: 250 all in all.
    expect(redelivered).toBeGreaterThan(180);
    expect(redelivered).toBeLessThan(330);
    expect(load.count('duplicates')).toBe(0);
    expect(await settled(system)).toBe(true);
    expect(load.count('due')).toBe(load.count('ok'));
    expect(load.count('sent')).toBe(load.count('ok'));
    // All but those that were never answered.
    expect(load.count('received') - load.count('ok')).toBeGreaterThan(60);
  });

  it('acknowledges all before the last of those that came together', async () => {
    await using system = await startWithStream();
    await system.fill(2000);
    const load = await drain(system, { params: { ack: 'all' } });
    expect(load.count('received')).toBe(2000);
    expect(load.count('ok')).toBeLessThan(1000);
    expect((await infoOf(system)).ack_floor.stream_seq).toBe(2000);
  });

  it('waits for the answer to each acknowledgement, and measures it from when it was due', async () => {
    await using system = await startWithStream();
    await system.fill(500);
    const load = await drain(system, { params: { ack: 'sync', delay: '50ms', 'max-ack-pending': 100 } });
    expect(load.count('ok')).toBe(500);
    expect(load.first.histogram('ack_latency').total).toBe(500);
    expect(load.first.histogram('ack_latency').min).toBeGreaterThan(0);
    // A hundred at a time, fifty milliseconds of thought each.
    expect(load.first.histogram('drain_time').min).toBeGreaterThan(4 * 50 * NS.ms);
  });

  it('does not know of acknowledgements that nobody answers, and says so', async () => {
    await using system = await startWithStream();
    const params = { ack: 'sync', 'ack-timeout': '300ms', delay: '500ms' };
    const load = await consume(system, { params });
    await system.fill(50);
    await waitFor(async () => (await infoOf(system)).num_ack_pending === 50, { timeoutMs: 5000 });
    await system.manager.consumers.delete(STREAM, 'stormglass-test-orders');
    await load.until(() => load.count('unknown') + load.count('failed') === 50);
    expect(load.count('ok')).toBe(0);
    expect(load.first.histogram('ack_latency').snapshot()?.censored?.total).toBe(50);
  });

  it('drains a backlog after its time, and tells how much is left and how long it took', async () => {
    await using system = await startWithStream();
    await system.fill(1000);
    // Fifty in a hundred milliseconds at most.
    const params = { delay: '100ms', 'max-ack-pending': 50 };
    const load = await drain(system, { params, durationNs: 0.3 * NS.s });
    expect(load.count('received')).toBe(1000);
    expect(await settled(system)).toBe(true);
    expect(load.first.reports[0]!.pending).toBeGreaterThan(300);
    expect(load.first.reports.at(-1)!.pending).toBe(0);
    expect(load.first.histogram('drain_time').min).toBeGreaterThan(19 * 100 * NS.ms);
  });

  it('gives up draining when the time for it is over', async () => {
    await using system = await startWithStream();
    await system.fill(100);
    const load = await drain(system, { params: { 'drain-within': '300ms', 'no-ack': '100%' } });
    expect(textsOf(load.first)).toEqual(['not drained within 300 ms: something was left']);
  });

  it('says how long it has not caught up when it never does', async () => {
    await using system = await startWithStream();
    await system.fill(100);
    const params = { until: undefined, delay: '1s', 'max-ack-pending': 10, 'ack-timeout': '100ms' };
    const load = await consume(system, { params });
    await waitFor(async () => (await infoOf(system)).num_ack_pending === 10, { timeoutMs: 5000 });
    load.first.stop();
    await waitFor(() => load.first.histogram('drain_time').total > 0, { timeoutMs: 5000 });
    await load.first.finished();
    expect(load.first.histogram('drain_time').snapshot()?.censored?.total).toBe(1);
  });

  it('asks again when a pull request has fallen silent, and loses nothing', async () => {
    await using system = await startWithStream();
    await system.fill(300);
    const load = await consume(system, { params: { heartbeat: '200ms' } });
    await waitFor(() => settled(system), { timeoutMs: 5000 });
    process.kill(system.server.pid, 'SIGSTOP');
    await waitFor(() => load.first.noticesOf('operation-error').length > 0, { timeoutMs: 10_000 });
    process.kill(system.server.pid, 'SIGCONT');
    await system.fill(300);
    await load.until(() => settled(system));
    expect(load.count('received')).toBe(600);
    expect(textsOf(load.first)[0]).toBe('a pull request without a message or a heartbeat');
  });

  it('takes a consumer that is there as it is, and leaves it; refuses one that does another thing', async () => {
    await using system = await startWithStream();
    await system.fill(10);
    await system.manager.consumers.add(STREAM, { durable_name: 'mine', ack_policy: 'explicit' });
    const load = await drain(system, { params: { durable: 'mine' } });
    await load.tidy();
    expect((await system.consumers()).map(({ name }) => name)).toEqual(['mine']);
    await expect(consume(system, { params: { durable: 'mine', ack: 'all' } })).rejects.toThrow(
      /the consumer mine exists, and its ack_policy is explicit, not all/,
    );
  });

  it('says before it starts that there is no such stream, and what a server refuses', async () => {
    await using system = await startWithStream();
    await expect(consume(system, { params: { stream: 'NOWHERE' } })).rejects.toThrow(
      /there is no stream NOWHERE on these servers/,
    );
    await expect(consume(system, { params: { filter: 'elsewhere.>' } })).rejects.toThrow(
      /ORDERS has no messages of `elsewhere.>`/,
    );
    await expect(consume(system, { params: { replicas: 3 } })).rejects.toThrow(
      /the consumer stormglass-test-orders of ORDERS cannot be made: /,
    );
  });
});

describe('the history of js-consume', () => {
  it('has every delivery, whose it is, and every acknowledgement, sent or confirmed', async () => {
    await using system = await startWithStream();
    await system.fill(600);
    for (const ack of ['explicit', 'sync']) {
      const { operations } = await recorded(system, { params: { ack, durable: ack } });
      expect(countOperations(operations)).toEqual({ 'deliver ok': 600, 'ack ok': 600 });
      expect(operations.map(({ sequence }) => sequence)).toEqual(operations.map((_, i) => i));
      const deliveries = ofKind(operations, 'deliver');
      expect(deliveries.map(({ streamSequence }) => streamSequence)).toEqual(deliveries.map((_, i) => i + 1));
      for (const { subject, detail, value, dueNs, doneNs, sentNs } of deliveries) {
        // They were published before the load began, which makes them another run's.
        expect([subject, detail, value, sentNs]).toEqual([`ORDERS > ${ack}`, 1, undefined, 0]);
        expect(doneNs).toBe(dueNs);
      }
      const acks = ofKind(operations, 'ack');
      expect(new Set(acks.map(({ streamSequence }) => streamSequence)).size).toBe(600);
      for (const { dueNs, sentNs, doneNs, detail } of acks) {
        expect(detail).toBe(1);
        expect(sentNs).toBeGreaterThanOrEqual(dueNs);
        if (ack === 'sync') expect(doneNs).toBeGreaterThanOrEqual(sentNs);
        else expect(doneNs).toBe(0);
      }
    }
  });

  it('names the operation that each message of this run is', async () => {
    await using system = await startWithStream();
    const consuming = { params: { mode: 'ordered' }, durationNs: 0.5 * NS.s };
    const draining = recorded(system, consuming);
    await system.fill(300, SUBJECT, nowNs() + 10 * NS.s);
    const { load, operations } = await draining;
    expect(load.count('received')).toBe(300);
    expect(countOperations(operations)).toEqual({ 'deliver ok': 300 });
    expect(new Set(operations.map(({ subject }) => subject))).toEqual(
      new Set(['ORDERS > ordered-orders-0-0']),
    );
    const stamps = operations.map(({ value }) => value);
    expect(stamps.every((value) => value?.writer === 1)).toBe(true);
    expect(stamps.map((value) => value!.sequence).sort((a, b) => a - b)).toEqual(stamps.map((_, i) => i));
  });

  it('has refusals as what they are, and counts deliveries of a message', async () => {
    await using system = await startWithStream();
    await system.fill(500);
    const { load, byWorker, operations } = await recorded(system, {
      workers: 2,
      params: { nak: '10%', term: '10%' },
    });
    const counts = countOperations(operations);
    expect(counts['deliver ok']).toBe(load.count('received'));
    expect(counts['ack ok']! + counts['nak ok']! + counts['term ok']!).toBe(load.count('ok'));
    for (const one of byWorker) expect(ofKind(one, 'deliver').length).toBeGreaterThan(0);
    // Every message is acknowledged or given up once, and delivered once more than it was refused.
    const ended = new Set(
      [...ofKind(operations, 'ack'), ...ofKind(operations, 'term')].map((o) => o.streamSequence),
    );
    expect(ended.size).toBe(500);
    expect(counts['ack ok']! + counts['term ok']!).toBe(500);
    const again = ofKind(operations, 'deliver').filter(({ detail }) => detail > 1);
    expect(again.length).toBe(load.count('redelivered'));
    expect(again.length).toBe(counts['nak ok']);
  });

  it('has one acknowledgement for all before it, and none of the deliveries that ask for none', async () => {
    await using system = await startWithStream();
    await system.fill(500);
    const all = await recorded(system, { params: { ack: 'all', durable: 'all' } });
    expect(ofKind(all.operations, 'ack').length).toBe(all.load.count('ok'));
    expect(Math.max(...ofKind(all.operations, 'ack').map(({ streamSequence }) => streamSequence))).toBe(500);
    const none = await recorded(system, { params: { ack: 'none', durable: 'none' } });
    expect(countOperations(none.operations)).toEqual({ 'deliver ok': 500 });
  });

  it('does not know of confirmations that did not come', async () => {
    await using system = await startWithStream();
    await system.fill(50);
    const params = { ack: 'sync', 'ack-timeout': '300ms', delay: '500ms', 'drain-within': '2s' };
    const recording = recorded(system, { params });
    await waitFor(async () => (await infoOf(system))?.num_ack_pending === 50, { timeoutMs: 10_000 });
    await system.manager.consumers.delete(STREAM, 'stormglass-test-orders');
    const { load, operations } = await recording;
    const acks = ofKind(operations, 'ack');
    expect(acks.length).toBe(50);
    for (const { outcome, reason } of acks) {
      expect(outcome).not.toBe('ok');
      expect(reason).not.toBe('');
    }
    expect(load.count('unknown') + load.count('failed')).toBe(50);
  });
});

describe('what a scenario says of js-consume', () => {
  const scene: LoadScene = {
    streams: [
      { name: STREAM, subjects: ['cim.events.orders.>'], config: { num_replicas: 3 } },
      { name: 'JOBS', subjects: ['jobs.>'], config: { retention: 'workqueue' } },
    ],
    events: [],
    loads: [],
    isExternal: false,
    defaultStorage: 'file',
  };
  const problems = (params: Record<string, unknown>, workers = 1, within = scene) =>
    jsConsume.findProblems!(planOf({ params, workers }), within).map(
      ({ key, message }) => `${key}: ${message}`,
    );

  it('is complete with a stream', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<[Record<string, unknown>, number, string]>([
    [{ stream: 'ODERS' }, 1, 'stream: the scenario has no stream `ODERS`'],
    [{ mode: 'ordered', ack: 'explicit' }, 1, 'ack: an ordered consumer acknowledges nothing'],
    [{ mode: 'ordered', durable: 'mine' }, 1, 'durable: an ordered consumer has no name that lasts'],
    [{ ack: 'none', nak: '1%' }, 1, 'nak: with ack: none no single message can be answered apart'],
    [{ nak: '60%', term: '60%' }, 1, 'nak: nak, no-ack and term are more than all deliveries together'],
    [
      { ack: 'all' },
      2,
      'ack: with ack: all a worker would acknowledge what the others have not dealt with yet',
    ],
    [
      { deliver: 'by-start-sequence' },
      1,
      'deliver: deliver: by-start-sequence and start-sequence go together',
    ],
    [{ 'start-sequence': 7 }, 1, 'start-sequence: deliver: by-start-sequence and start-sequence go together'],
    [{ filter: 'cim.events.other.>' }, 1, 'filter: ORDERS has no messages of `cim.events.other.>`'],
    [{ replicas: 5 }, 1, 'replicas: a consumer cannot have more replicas than its stream, and ORDERS has 3'],
    [
      { stream: 'JOBS', consumers: 2 },
      1,
      'consumers: each message of JOBS goes to one consumer: its retention is workqueue',
    ],
  ])('is refused: %o with %i workers', (params, workers, problem) => {
    expect(problems(params, workers)).toEqual([problem]);
  });

  it('may name a stream of servers that are not ours', () => {
    expect(problems({ stream: 'THEIRS' }, 1, { ...scene, isExternal: true })).toEqual([]);
  });

  it('says what it cannot count or measure', () => {
    const uncounted = (params: Record<string, unknown>) =>
      jsConsume.facts.uncounted!(planOf({ params }))?.counters;
    expect(uncounted({})).toEqual(['ack_latency', 'service_time', 'lost']);
    expect(uncounted({ ack: 'sync' })).toEqual(['lost']);
    expect(uncounted({ mode: 'ordered' })).toEqual(['ack_latency', 'service_time', 'redelivered']);
    expect(uncounted({ mode: 'ordered', filter: 'a.>' })).toContain('lost');
  });

  it('knows no other keys, modes and shares', () => {
    expect(() => jsConsume.schema.parse({ stream: STREAM, acks: 'none' })).toThrow(/acks/);
    expect(() => jsConsume.schema.parse({ stream: STREAM, mode: 'push' })).toThrow(
      /consume, fetch or ordered/,
    );
    expect(() => jsConsume.schema.parse({ stream: STREAM, nak: '101%' })).toThrow(/at most 100%/);
    expect(() => jsConsume.schema.parse({ stream: STREAM, filter: 'a..b' })).toThrow();
  });
});
