import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import { openControl } from '../../src/nats/control.js';
import { readFromLeader } from '../../src/nats/leader-reader.js';
import { readStream, type StreamReadEnd } from '../../src/nats/stream-reader.js';
import { BATCH_ENTRY_BYTES, BATCH_HEADER_BYTES, writeBatchHeader } from '../../src/wire/batch.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { STAMP_HEX_BYTES, writeStampHex } from '../../src/wire/stamp-header.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';
import { startTestCluster } from './test-cluster.js';

const TIMEOUT_MS = 60_000;

/** Stores stamped events of writers 0 to 2 in turn, each with its own sequence. */
async function fill(nc: NatsConnection, subject: string, count: number, bytes = 16) {
  const js = jetstream(nc, { timeout: TIMEOUT_MS });
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const payload = Buffer.alloc(bytes, 'x');
    writeStamp(payload, 0, i % 3, Math.floor(i / 3), 1000 + i);
    pending.push(js.publish(subject, payload));
    if (pending.length === 2000) await Promise.all(pending.splice(0));
  }
  await Promise.all(pending);
}

interface Read extends StreamReadEnd {
  readonly messages: readonly (readonly [writer: number, sequence: number, streamSequence: number])[];
}

async function read(access: ServerAccess, stream: string, through: number, from = 1): Promise<Read> {
  const messages: [number, number, number][] = [];
  const end = await readStream({
    access,
    stream,
    fromSequence: from,
    throughSequence: through,
    timeoutMs: TIMEOUT_MS,
    onMessage: (writer, sequence, streamSequence) => messages.push([writer, sequence, streamSequence]),
  });
  return { ...end, messages };
}

const expected = (count: number, from = 1) =>
  Array.from({ length: count }, (_, at) => {
    const i = at + from - 1;
    return [i % 3, Math.floor(i / 3), i + 1];
  });

describe('readStream', () => {
  let server: TestServer;
  let nc: NatsConnection;

  beforeAll(async () => {
    server = await startTestServer({ jetstream: true });
    nc = await connect({ servers: `127.0.0.1:${server.port}` });
  });

  afterAll(async () => {
    await nc?.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function createStream(name: string) {
    const jsm = await jetstreamManager(nc, { timeout: TIMEOUT_MS });
    await jsm.streams.add({ name, subjects: [`${name}.>`], storage: 'memory' as never });
    return jsm;
  }

  it('reads every message in order, and removes its consumer', async () => {
    const jsm = await createStream('WHOLE');
    await fill(nc, 'WHOLE.a', 25_000);
    const { messages, ...end } = await read(server.access, 'WHOLE', 25_000);
    expect(end).toEqual({ complete: true, lastSequence: 25_000, foreign: 0 });
    expect(messages).toEqual(expected(25_000));
    // The reader does not wait for long until it is gone.
    await expect.poll(async () => (await jsm.streams.info('WHOLE')).state.consumer_count).toBe(0);
  });

  it('finds stamps in headers and in batches, whose events have the sequence of their message', async () => {
    await createStream('SPELLINGS');
    const js = jetstream(nc, { timeout: TIMEOUT_MS });
    const hex = new Uint8Array(STAMP_HEX_BYTES);
    writeStampHex(hex, 0, 1, 70, 1000);
    const stamp = headers();
    stamp.set('Stormglass-Stamp', Buffer.from(hex).toString('latin1'));
    await js.publish('SPELLINGS.a', '{"json":true}', { headers: stamp });
    const batch = new Uint8Array(BATCH_HEADER_BYTES + 2 * BATCH_ENTRY_BYTES);
    writeBatchHeader(batch, 0, 2);
    for (const i of [0, 1]) writeStamp(batch, BATCH_HEADER_BYTES + i * BATCH_ENTRY_BYTES, 2, 80 + i, 1000);
    await js.publish('SPELLINGS.a', batch);
    await js.publish('SPELLINGS.a', batch.subarray(1));
    const { messages, ...end } = await read(server.access, 'SPELLINGS', 3);
    expect(end).toEqual({ complete: true, lastSequence: 3, foreign: 1 });
    expect(messages).toEqual([
      [1, 70, 1],
      [2, 80, 2],
      [2, 81, 2],
    ]);
  });

  it('reads only the stretch that was asked for', async () => {
    await createStream('STRETCH');
    await fill(nc, 'STRETCH.a', 300);
    const { messages, lastSequence } = await read(server.access, 'STRETCH', 200, 101);
    expect(lastSequence).toBe(200);
    expect(messages).toEqual(expected(100, 101));
  });

  it('counts foreign messages, whatever they hold', async () => {
    await createStream('FOREIGN');
    nc.publish('FOREIGN.a', '{"orderId":1}');
    nc.publish('FOREIGN.a', '');
    nc.publish('FOREIGN.a', Buffer.alloc(16, 0xc1));
    await nc.flush();
    await fill(nc, 'FOREIGN.a', 3);
    const { messages, foreign, complete } = await read(server.access, 'FOREIGN', 6);
    expect({ foreign, complete }).toEqual({ foreign: 3, complete: true });
    expect(messages.map(([, , streamSequence]) => streamSequence)).toEqual([4, 5, 6]);
  });

  it('is complete at once when there is nothing to read', async () => {
    await createStream('EMPTY');
    expect(await read(server.access, 'EMPTY', 0)).toEqual({
      complete: true,
      lastSequence: 0,
      foreign: 0,
      messages: [],
    });
  });

  it('passes over messages that were removed, also at the end', async () => {
    const jsm = await createStream('HOLES');
    await fill(nc, 'HOLES.a', 10);
    for (const sequence of [4, 9, 10]) await jsm.streams.deleteMessage('HOLES', sequence, true);
    const { messages, complete } = await read(server.access, 'HOLES', 10);
    expect(complete).toBe(true);
    expect(messages.map(([, , streamSequence]) => streamSequence)).toEqual([1, 2, 3, 5, 6, 7, 8]);
    await jsm.streams.purge('HOLES');
    expect(await read(server.access, 'HOLES', 10)).toMatchObject({ complete: true, messages: [] });
  });

  it('reads messages so large that a pull ends by its bytes', async () => {
    await createStream('LARGE');
    await fill(nc, 'LARGE.a', 60, 900_000);
    const { messages, complete } = await read(server.access, 'LARGE', 60);
    expect(complete).toBe(true);
    expect(messages).toEqual(expected(60));
  });

  it('says why it gave up: no such stream, no server, told to hurry', async () => {
    expect(await read(server.access, 'NOWHERE', 5)).toMatchObject({
      complete: false,
      gaveUp: 'stream not found',
    });
    const nobody = await read({ servers: [{ host: '127.0.0.1', port: 1 }] }, 'WHOLE', 5);
    expect(nobody.gaveUp).toMatch(/^cannot connect: 127\.0\.0\.1:1: /);
    const aborted = AbortSignal.abort();
    const interrupted = await readStream({
      access: server.access,
      stream: 'WHOLE',
      fromSequence: 1,
      throughSequence: 5,
      timeoutMs: TIMEOUT_MS,
      signal: aborted,
      onMessage: () => {},
    });
    expect(interrupted).toMatchObject({ complete: false, gaveUp: 'the run was told to hurry' });
  });

  it('ends as soon as it is told to hurry, and leaves no consumer', async () => {
    const jsm = await createStream('HURRIED');
    await fill(nc, 'HURRIED.a', 6000);
    const hurry = new AbortController();
    let seen = 0;
    const end = await readStream({
      ...{ access: server.access, stream: 'HURRIED', fromSequence: 1, throughSequence: 6000 },
      timeoutMs: TIMEOUT_MS,
      signal: hurry.signal,
      onMessage: () => {
        if (++seen === 1000) hurry.abort();
      },
    });
    const seenAtEnd = seen;
    expect(end).toMatchObject({ complete: false, gaveUp: 'the run was told to hurry', lastSequence: seen });
    const hasNone = async () => (await jsm.streams.info('HURRIED')).state.consumer_count === 0;
    // The server itself would remove it after 30 s.
    expect(await waitFor(hasNone, { timeoutMs: 29_000 })).toBe(true);
    expect(seen).toBe(seenAtEnd);
  });

  it('does not wait for a server that stands still once it is told to hurry', async () => {
    await createStream('STOPPED');
    await fill(nc, 'STOPPED.a', 100);
    const readFrom = (way: typeof readStream, signal: AbortSignal) =>
      way({
        ...{ access: server.access, stream: 'STOPPED', fromSequence: 1, throughSequence: 100 },
        ...{ timeoutMs: TIMEOUT_MS, signal, onMessage: () => {} },
      });
    await pauseProcess(server.pid);
    try {
      for (const way of [readStream, readFromLeader]) {
        const hurry = new AbortController();
        const connecting = readFrom(way, hurry.signal);
        hurry.abort();
        // It does not come to a connect that fails by its own time.
        expect(await connecting).toMatchObject({ complete: false, gaveUp: 'the run was told to hurry' });
      }
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  it('gives up when its time is over, and says how far it got', async () => {
    await createStream('PAUSED');
    await fill(nc, 'PAUSED.a', 30_000);
    let seen = 0;
    const end = await readStream({
      access: server.access,
      stream: 'PAUSED',
      fromSequence: 1,
      throughSequence: 30_000,
      timeoutMs: 8000,
      onMessage: () => {
        if (++seen === 500) process.kill(server.pid, 'SIGSTOP');
      },
    }).finally(() => process.kill(server.pid, 'SIGCONT'));
    expect(end.complete).toBe(false);
    expect(end.gaveUp).toMatch(/^at sequence \d+ of 30000 after 8000 ms/);
    expect(end.lastSequence).toBe(seen);
    expect(end.lastSequence).toBeGreaterThanOrEqual(500);
  });
});

describe('readStream in a cluster', () => {
  it('goes on with another consumer after the server that it reads from was killed', async () => {
    await using cluster = await startTestCluster();
    await using control = await openControl({ access: cluster.access, nodes: cluster.nodes });
    await control.createStreams([
      { name: 'KILLED', subjects: ['KILLED.>'], config: { num_replicas: 3, storage: 'memory' } },
    ]);
    const nc = await connect({ servers: `127.0.0.1:${cluster.nodes[1]!.port}` });
    // A server learns of a new stream elsewhere after a moment; then its refusal comes, and nothing is stored.
    const refusal = () =>
      jetstream(nc)
        .publish('KILLED.a', '', { expect: { lastSequence: 1 } })
        .catch((error: unknown) => error instanceof JetStreamApiError);
    expect(await waitFor(refusal, { timeoutMs: 60_000 })).toBe(true);
    await fill(nc, 'KILLED.a', 30_000);
    await nc.close();
    const messages: [number, number, number][] = [];
    let killed: Promise<void> | undefined;
    const end = await readStream({
      access: cluster.access,
      stream: 'KILLED',
      fromSequence: 1,
      throughSequence: 30_000,
      timeoutMs: 90_000,
      onMessage: (writer, sequence, streamSequence) => {
        messages.push([writer, sequence, streamSequence]);
        if (messages.length === 8000) killed = cluster.nodes[0]!.stop('SIGKILL');
      },
    });
    await killed;
    expect(end).toMatchObject({ complete: true, lastSequence: 30_000 });
    expect(messages).toEqual(expected(30_000));
  });
});
