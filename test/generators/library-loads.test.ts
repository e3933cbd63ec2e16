import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { LoadScene } from '../../src/contracts/load.js';
import type { UndoRecord } from '../../src/contracts/undo.js';
import type { LoadKind } from '../../src/generators/load-kind.js';
import { object } from '../../src/generators/object.js';
import { streams } from '../../src/generators/streams/streams.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { PATIENT_CLIENT } from '../support/answered.js';
import { startTestServer } from '../support/nats-server.js';
import { LoadUnderTest, steadyRate, type TestLoadOptions, taskOf } from './load-under-test.js';

/** A server, and the load made ready on it as a run does. */
async function startSystem(
  kind: LoadKind,
  options: Partial<TestLoadOptions> & { required?: object; isExternal?: boolean } = {},
) {
  const server = await startTestServer({ jetstream: true });
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(connection, PATIENT_CLIENT);
  const load: TestLoadOptions = {
    access: server.access,
    kind: kind.kind,
    schedule: steadyRate(40, 1),
    events: [],
    ...options,
  };
  const scene: LoadScene = {
    streams: [],
    events: [],
    loads: [],
    isExternal: options.isExternal ?? false,
    defaultStorage: 'memory',
  };
  const { load: plan } = taskOf(load);
  for (const { name, subjects, config } of kind.streams?.(plan, scene) ?? []) {
    await manager.streams.add({ ...config, name, subjects: [...subjects] });
  }
  const records: UndoRecord[] = [];
  const release = await kind.prepare!(plan, {
    runId: 'test',
    seed: 5,
    access: server.access,
    nodes: [],
    scene,
    recordUndo: (record) => records.push(record),
    signal: new AbortController().signal,
  });
  const run = async () => {
    const running = new LoadUnderTest(load);
    await running.run();
    return running;
  };
  const names = async () => {
    const all: string[] = [];
    for await (const { config } of manager.streams.list()) all.push(config.name);
    return all.sort();
  };
  return {
    server,
    connection,
    manager,
    plan,
    records,
    release,
    run,
    names,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('an object load', () => {
  it('puts objects that other clients read, and gets what is there', async () => {
    await using system = await startSystem(object, {
      required: { bucket: 'blobs', size: '300KiB', 'chunk-size': '64KiB', objects: 10, window: 4 },
    });
    const store = await new Objm(system.connection).open('blobs');
    expect((await store.list()).length).toBe(10);
    const load = await system.run();
    expect([load.count('ok'), load.count('misses')]).toEqual([40, 0]);
    expect(load.notices).toEqual([]);
    const puts = load.count('bytes') / (300 * 1024);
    expect(Number.isInteger(puts) && puts > 0 && puts < 40).toBe(true);
    const info = await store.info('o3');
    expect([info?.size, info?.chunks]).toEqual([300 * 1024, 5]);
    expect((await store.getBlob('o3'))?.length).toBe(300 * 1024);
  });

  it('counts objects that are not there as misses', async () => {
    await using system = await startSystem(object, {
      required: { bucket: 'blobs', mix: { get: 1 }, prefill: false },
    });
    const load = await system.run();
    expect([load.count('ok'), load.count('misses')]).toEqual([40, 40]);
  });

  it('says what is refused, and goes on', async () => {
    await using system = await startSystem(object, {
      required: { bucket: 'blobs', mix: { put: 1 }, size: '1KiB' },
    });
    await system.manager.streams.delete('OBJ_blobs');
    const load = await system.run();
    expect(load.count('failed') + load.count('unknown')).toBe(40);
    expect(load.noticesOf('operation-error').length).toBeGreaterThan(0);
  });

  it('wants more objects than calls at a time, because none is put while it is got', () => {
    const { load } = taskOf({
      access: { servers: [] },
      kind: 'object',
      schedule: steadyRate(1, 1),
      required: { bucket: 'b', objects: 8, window: 8 },
    });
    const scene: LoadScene = {
      streams: [],
      events: [],
      loads: [],
      isExternal: false,
      defaultStorage: 'file',
    };
    expect(object.findProblems!(load, scene)).toMatchObject([
      { key: 'objects', hint: expect.stringContaining('9') },
    ]);
  });
});

describe('a streams load', () => {
  it('creates streams with their consumers and messages, call by call', async () => {
    await using system = await startSystem(streams, {
      required: { streams: 8, consumers: 2, messages: 30, keys: 10, size: '64B' },
      schedule: steadyRate(32, 1),
    });
    const load = await system.run();
    expect(load.count('ok')).toBe(32);
    expect(load.notices).toEqual([]);
    const names = await system.names();
    expect(names.length).toBe(8);
    for (const name of names) {
      const { state } = await system.manager.streams.info(name, { subjects_filter: '>' });
      expect([state.messages, state.consumer_count, state.num_subjects]).toEqual([30, 2, 10]);
    }
    expect(load.count('bytes')).toBe(8 * 30 * 64);
  });

  it('makes streams anew when all are there', async () => {
    await using system = await startSystem(streams, {
      required: { streams: 5, storage: 'memory' },
      schedule: steadyRate(12, 1),
    });
    const load = await system.run();
    expect(load.count('ok')).toBe(12);
    const created: string[] = [];
    for await (const info of system.manager.streams.list()) created.push(info.created);
    expect(created.length).toBe(5);
  });

  it('lets calls of one stream wait for each other, as far as they must', async () => {
    await using system = await startSystem(streams, {
      schedule: { mode: 'closed', concurrency: 4, durationNs: 600 * NS.s, count: 40 },
      required: { streams: 1, consumers: 2, messages: 20, storage: 'memory' },
    });
    const load = await system.run();
    // In turn: the stream, its consumers, its messages; ten times, each time anew.
    expect([load.count('ok'), load.notices]).toEqual([40, []]);
    const { state } = await system.manager.streams.info('SG-test-orders-0');
    expect([state.messages, state.consumer_count]).toEqual([20, 2]);
  });

  it('has a stream for each worker at least, which no other touches', async () => {
    const { load } = taskOf({
      access: { servers: [] },
      kind: 'streams',
      schedule: steadyRate(1, 1),
      required: { streams: 3 },
      workers: 4,
    });
    const scene: LoadScene = {
      streams: [],
      events: [],
      loads: [load],
      isExternal: false,
      defaultStorage: 'memory',
    };
    expect(streams.findProblems!(load, scene).map(({ message }) => message)).toEqual([
      '3 streams cannot be shared by 4 workers: each has at least one',
    ]);
    await using system = await startSystem(streams, {
      required: { streams: 5, storage: 'memory' },
      worker: 1,
      workers: 2,
    });
    await system.run();
    expect(await system.names()).toEqual(['SG-test-orders-1', 'SG-test-orders-3']);
  });

  it('shares the streams among its workers', async () => {
    await using system = await startSystem(streams, {
      required: { streams: 10 },
      schedule: steadyRate(10, 1),
      worker: 1,
      workers: 2,
    });
    await system.run();
    expect((await system.names()).map((name) => Number(name.split('-').at(-1)) % 2)).toEqual([1, 1, 1, 1, 1]);
  });

  it('makes all of it before the load, and takes it away from servers that stay', async () => {
    await using system = await startSystem(streams, {
      required: { streams: 20, messages: 5, 'before-load': true },
      schedule: { mode: 'follow' },
      isExternal: true,
    });
    await system.manager.streams.add({ name: 'SG-test-orders-not-ours', subjects: ['x'] });
    expect((await system.names()).length).toBe(21);
    expect(system.records).toMatchObject([
      { kind: 'remove-streams', prefix: 'SG-test-orders-', mark: 'test' },
    ]);
    await system.release();
    expect(await system.names()).toEqual(['SG-test-orders-not-ours']);
  });

  it('leaves behind what takes it away, should the run die', async () => {
    await using system = await startSystem(streams, {
      required: { streams: 6, 'before-load': true },
      schedule: { mode: 'follow' },
      isExternal: true,
    });
    expect(await carryOut(system.records[0]!)).toMatchObject({ undone: true, detail: 'removed 6' });
    expect(await system.names()).toEqual([]);
    expect(await carryOut(system.records[0]!)).toMatchObject({ undone: true, detail: 'there were none' });
  });
});
