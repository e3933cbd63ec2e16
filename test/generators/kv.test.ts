import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadScene } from '../../src/contracts/load.js';
import { KeyDraw } from '../../src/generators/kv/key-draw.js';
import { kv } from '../../src/generators/kv/kv.js';
import { keyName } from '../../src/generators/kv/kv-schema.js';
import { readRevision } from '../../src/generators/kv/read-revision.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { startRelay } from '../support/relay.js';
import { LoadUnderTest, steadyRate, type TestLoadOptions, taskOf } from './load-under-test.js';
import { countOperations, type Operation, readOperations } from './operations.js';

const KEYS = 50;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stormglass-kv-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const scene: LoadScene = { streams: [], events: [], loads: [], isExternal: false, defaultStorage: 'memory' };

/** A bucket as a run makes it, with a client of NATS.js beside it as the witness. */
async function startWithBucket(options: Partial<TestLoadOptions> & { required?: object } = {}) {
  const server: TestServer = await startTestServer({ jetstream: true });
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(connection, PATIENT_CLIENT);
  const load: TestLoadOptions = {
    access: server.access,
    kind: 'kv',
    schedule: steadyRate(400, 1),
    events: [],
    ...options,
    required: { bucket: 'carts', keys: KEYS, ...options.required },
  };
  const { load: plan } = taskOf(load);
  for (const { name, subjects, config } of kv.streams!(plan, scene)) {
    await manager.streams.add({ ...config, name, subjects: [...subjects] });
  }
  const release = await kv.prepare!(plan, {
    runId: 'test',
    seed: 5,
    access: server.access,
    scene,
    nodes: [],
    recordUndo: () => {},
    signal: new AbortController().signal,
  });
  return {
    server,
    connection,
    manager,
    load,
    async [Symbol.asyncDispose]() {
      await release();
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function ran(options: TestLoadOptions): Promise<LoadUnderTest> {
  const load = new LoadUnderTest(options);
  await load.run();
  return load;
}

describe('a kv load', () => {
  it('gives every key a value before it starts', async () => {
    await using system = await startWithBucket();
    const { state } = await system.manager.streams.info('KV_carts', { subjects_filter: '>' });
    expect(state.messages).toBe(KEYS);
    expect(Object.keys(state.subjects ?? {})).toContain(`$KV.carts.${keyName(KEYS - 1, KEYS)}`);
  });

  it('gives them large ones a few at a time', async () => {
    await using system = await startWithBucket({ required: { keys: 11, size: '900KiB' } });
    const { state } = await system.manager.streams.info('KV_carts');
    expect([state.messages, state.num_subjects]).toEqual([11, 11]);
  });

  it('puts what a client of NATS reads', async () => {
    await using system = await startWithBucket({ required: { mix: { put: 1 }, size: '64B' } });
    const load = await ran(system.load);
    expect(load.count('ok')).toBe(400);
    expect(load.count('failed') + load.count('unknown')).toBe(0);
    const { state } = await system.manager.streams.info('KV_carts');
    expect(state.last_seq).toBe(KEYS + 400);
    const message = await system.manager.streams.getMessage('KV_carts', { seq: state.last_seq });
    expect(message?.data.length).toBe(64);
    expect(load.histogram('ack_latency').total).toBe(400);
    expect(load.histogram('service_time').total).toBe(400);
  });

  it('gets values, and counts keys without one as misses', async () => {
    await using full = await startWithBucket({ required: { mix: { get: 1 } } });
    const hits = await ran(full.load);
    expect([hits.count('ok'), hits.count('misses')]).toEqual([400, 0]);

    await using empty = await startWithBucket({ required: { mix: { get: 1 }, prefill: false } });
    const misses = await ran(empty.load);
    expect([misses.count('ok'), misses.count('misses')]).toEqual([400, 400]);
  });

  it('sets a key only if it is what it was, and learns from one that was overtaken', async () => {
    await using system = await startWithBucket({
      required: { mix: { 'compare-and-set': 1 } },
      params: { window: 4 },
    });
    const load = await ran(system.load);
    const { state } = await system.manager.streams.info('KV_carts');
    const set = state.last_seq - KEYS;
    expect(load.count('ok')).toBe(400);
    // Every key is unknown at first, and known from then on.
    expect(load.count('conflicts')).toBeGreaterThanOrEqual(KEYS);
    expect(set).toBe(400 - load.count('conflicts'));
    expect(set).toBeGreaterThan(0);
  });

  it('takes the revision of a compare-and-set from what it got', async () => {
    await using system = await startWithBucket({
      required: { mix: { get: 50, 'compare-and-set': 50 }, keys: 1 },
      params: { window: 1 },
    });
    const load = await ran(system.load);
    expect(load.count('conflicts')).toBeLessThanOrEqual(1);
    expect(load.noticesOf('operation-error')).toEqual([]);
  });

  it('leaves a history of what each operation did: set what, read whose, lost to which revision', async () => {
    await using system = await startWithBucket({
      required: { mix: { put: 1, get: 2, 'compare-and-set': 2 }, keys: 20, 'history-depth': 64 },
    });
    const historyFile = join(directory, 'carts.sgh');
    const load = await ran({ ...system.load, writer: 9, historyFile });
    const operations = readOperations(historyFile);
    expect(operations.map(({ sequence }) => sequence)).toEqual(operations.map((_, i) => i));
    const counts = countOperations(operations);
    expect(load.count('ok')).toBe(400);
    expect(counts['compare-and-set failed']).toBe(load.count('conflicts'));
    expect(counts['compare-and-set failed']).toBeGreaterThan(0);
    expect(
      counts['put ok']! + counts['get ok']! + counts['compare-and-set ok']! + load.count('conflicts'),
    ).toBe(400);

    const written = new Map<number, Operation>();
    for (const operation of operations) {
      if (operation.kind !== 'get' && operation.outcome === 'ok')
        written.set(operation.streamSequence, operation);
    }
    const stamp = emptyStamp();
    for (const { kind, outcome, sequence, subject, streamSequence, detail, value, reason } of operations) {
      if (kind === 'get') {
        // What was there before the load is nobody's.
        const writer = written.get(streamSequence);
        expect(value).toEqual(writer === undefined ? undefined : { writer: 9, sequence: writer.sequence });
        expect(writer === undefined ? streamSequence <= 20 : writer.subject === subject).toBe(true);
      } else if (outcome === 'ok') {
        const message = (await system.manager.streams.getMessage('KV_carts', { seq: streamSequence }))!;
        expect(readStamp(message.data, 0, message.data.length, stamp)).toBe(true);
        expect([message.subject, stamp.writer, stamp.sequence]).toEqual([subject, 9, sequence]);
        if (kind === 'compare-and-set') {
          expect(message.header.get('Nats-Expected-Last-Subject-Sequence')).toBe(
            String(detail).padStart(16, '0'),
          );
        }
      } else {
        expect(reason).toBe('wrong last sequence');
        expect(streamSequence).not.toBe(detail);
      }
    }
  });

  it('has read revision 0 of a key that is not there', async () => {
    await using system = await startWithBucket({ required: { mix: { get: 1 }, prefill: false } });
    const historyFile = join(directory, 'empty.sgh');
    const load = await ran({ ...system.load, historyFile });
    expect(load.count('misses')).toBe(400);
    const operations = readOperations(historyFile);
    expect(countOperations(operations)).toEqual({ 'get ok': 400 });
    for (const { streamSequence, value } of operations)
      expect([streamSequence, value]).toEqual([0, undefined]);
  });

  it('watches the bucket beside, each watch seeing every value once, though its connection was lost', async () => {
    await using system = await startWithBucket({
      // A bucket that keeps one value of a key has nothing to show of those that were replaced meanwhile.
      required: { mix: { put: 1 }, watchers: 3, 'history-depth': 64 },
      schedule: steadyRate(400, 600),
    });
    await using relay = await startRelay(system.server.port);
    const load = new LoadUnderTest({ ...system.load, access: relay.access });
    await load.start();
    await waitFor(() => load.count('received') > 100, { timeoutMs: 30_000 });
    expect(relay.cut()).toBe(2);
    await waitFor(() => load.noticesOf('reconnected').length > 0, { timeoutMs: 30_000 });
    const receivedBefore = load.count('received');
    await waitFor(() => load.count('received') > receivedBefore, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    const { state } = await system.manager.streams.info('KV_carts');
    expect(load.count('received')).toBe(3 * (state.last_seq - KEYS));
    expect(load.histogram('lag').total).toBe(load.count('received'));
    expect(load.noticesOf('disconnected').length).toBeGreaterThan(0);
  });

  it('says what the server refuses', async () => {
    await using system = await startWithBucket({ required: { mix: { put: 1 } } });
    await system.manager.streams.delete('KV_carts');
    const load = await ran(system.load);
    expect(load.count('failed')).toBe(400);
    expect(load.noticesOf('operation-error')[0]).toMatchObject({ text: 'no responders' });
  });

  it('does not start with values that the server would not take', async () => {
    await using system = await startWithBucket();
    const load = new LoadUnderTest({ ...system.load, params: { size: 2 * 1024 * 1024 } });
    await expect(load.ready()).rejects.toThrow(
      /preflight: .*largest message has 2097152 B, the server takes/,
    );
  });
});

describe('its parts', () => {
  it('draws keys alike, or by Zipf, by the seed', () => {
    const draw = (skew: number) => {
      const keys = new KeyDraw(10, skew, seededRandom(3));
      const counts = new Array<number>(10).fill(0);
      for (let i = 0; i < 20_000; i++) counts[keys.next()]!++;
      return counts;
    };
    expect(Math.max(...draw(0)) / Math.min(...draw(0))).toBeLessThan(1.2);
    const zipf = draw(1);
    // With exponent 1, the first key is drawn i times as often as the i-th.
    for (const i of [2, 5, 10]) expect(zipf[0]! / zipf[i - 1]! / i).toBeCloseTo(1, 0);
    expect(draw(1)).toEqual(zipf);
  });

  it('reads the revision in the header of an answer', () => {
    const header = 'NATS/1.0\r\nNats-Stream: KV_b\r\nNats-Subject: $KV.b.k\r\nNats-Sequence: 4711\r\n\r\n';
    const bytes = Buffer.from(`xx${header}yy`);
    expect(readRevision(bytes, 2, 2 + header.length)).toBe(4711);
    expect(readRevision(bytes, 2, 20)).toBe(0);
  });
});
