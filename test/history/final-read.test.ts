import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { ackedLoss } from '../../src/checkers/acked-loss.js';
import { duplicates } from '../../src/checkers/duplicates.js';
import { unexpected } from '../../src/checkers/unexpected.js';
import type { ReadBlock, StreamRead, WriterHistory } from '../../src/contracts/history.js';
import { type FinalReadOptions, readBack } from '../../src/history/final-read.js';
import { openHistory } from '../../src/history/history-reader.js';
import { HistoryWriter } from '../../src/history/history-writer.js';
import { emptyRow } from '../../src/history/operation-row.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { madeHistory } from '../checkers/made-history.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';

const SUBJECTS = ['cim.events.orders.Placed', 'cim.events.audit.Read'];
const STREAMS = ['ORDERS', 'AUDIT'];

let server: TestServer;
let nc: NatsConnection;
let js: JetStreamClient;
let jsm: JetStreamManager;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-final-read-'));
  server = await startTestServer({ jetstream: true });
  nc = await connect({ port: server.port });
  js = jetstream(nc, { timeout: 30_000 });
  jsm = await jetstreamManager(nc, { timeout: 30_000 });
});
afterAll(async () => {
  await nc?.close();
  await server?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  // In memory: of a file that was deleted, a server now and then finds some again for the next of its name.
  const storage = StorageType.Memory;
  await jsm.streams.add({ name: 'ORDERS', subjects: ['cim.events.orders.>'], storage });
  await jsm.streams.add({ name: 'AUDIT', subjects: ['cim.events.audit.*'], storage });
});
afterEach(async () => {
  for (const stream of STREAMS) await jsm.streams.delete(stream);
});

function stamped(writer: number, sequence: number, dueNs = nowNs()): Uint8Array {
  const payload = Buffer.alloc(24);
  writeStamp(payload, 0, writer, sequence, Math.floor(dueNs / 1000));
  return payload;
}

/** A writer that publishes to both streams in turn and keeps its history as the generators do. */
class Publisher {
  readonly #file: string;
  readonly #history: HistoryWriter;
  #next = 0;

  constructor(readonly writer: number) {
    this.#file = join(directory, `${writer}-${nowNs()}.sgh`);
    this.#history = HistoryWriter.open(this.#file, {
      load: 'orders',
      writer,
      kinds: ['publish'],
      subjects: SUBJECTS,
    });
  }

  async publish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const subject = this.#next % SUBJECTS.length;
      const dueNs = nowNs();
      const ack = await js.publish(SUBJECTS[subject]!, stamped(this.writer, this.#next, dueNs));
      this.#append(dueNs, subject, ack.seq);
    }
  }

  /** What a system says that acknowledges without storing. */
  pretend(subject: number, streamSequence: number): { readonly dueNs: number } {
    const dueNs = nowNs();
    this.#append(dueNs, subject, streamSequence);
    return { dueNs };
  }

  #append(dueNs: number, subject: number, streamSequence: number): void {
    const times = { dueNs, sentNs: dueNs, doneNs: nowNs() };
    this.#history.append({ ...emptyRow(), sequence: this.#next++, ...times, subject, streamSequence });
  }

  close(): WriterHistory {
    this.#history.close();
    return openHistory(this.#file);
  }
}

async function readAll(writers: readonly WriterHistory[], more: Partial<FinalReadOptions> = {}, from = 1) {
  const streams = await Promise.all(
    STREAMS.map(async (stream) => {
      const { config, state } = await jsm.streams.info(stream);
      return {
        stream,
        subjects: config.subjects!,
        fromSequence: from,
        throughSequence: state.last_seq,
        gone: false,
      };
    }),
  );
  const { reads } = await readBack({
    access: server.access,
    streams,
    writers,
    timeoutNs: 90 * NS.s,
    catchUpNs: NS.s,
    ...more,
  });
  return reads;
}

const check = (writers: readonly WriterHistory[], reads: readonly StreamRead[]) =>
  ackedLoss.check(
    madeHistory(writers, reads, { streamOf: (subject) => STREAMS[SUBJECTS.indexOf(subject)] }),
    {},
  );

describe('the final read', () => {
  it('reads every stream to its end, and the check finds everything there', async () => {
    const publishers = [new Publisher(1), new Publisher(2)];
    await Promise.all(publishers.map((publisher) => publisher.publish(500)));
    await js.publish(SUBJECTS[0]!, 'somebody else’s event');
    const writers = publishers.map((publisher) => publisher.close());
    const reads = await readAll(writers);
    expect(
      reads.map(({ stream, count, foreign, complete }) => ({ stream, count, foreign, complete })),
    ).toEqual([
      { stream: 'ORDERS', count: 500, foreign: 1, complete: true },
      { stream: 'AUDIT', count: 500, foreign: 0, complete: true },
    ]);
    expect(reads[0]!.blocks.map(({ count }) => count)).toEqual([500]);
    expect(check(writers, reads)).toMatchObject({
      verdict: 'pass',
      counts: { acknowledged: 1000, read: 1000 },
    });
  });

  it('leaves out what a stream held before the run', async () => {
    for (let i = 0; i < 10; i++) await js.publish(SUBJECTS[0]!, stamped(1, i));
    const [orders] = await readAll([], {}, 8);
    const [{ count, baseSequence, offset }] = orders!.blocks as [ReadBlock];
    expect([...offset.subarray(0, count)].map((at) => baseSequence + at)).toEqual([8, 9, 10]);
  });

  describe('takes nothing of another run for its own, whose writers have the same numbers by chance:', () => {
    const HOUR_NS = 3600 * NS.s;
    const publishAs = async (count: number, dueNs: number, from = 0) => {
      for (let i = from; i < from + count; i++)
        await js.publish(SUBJECTS[0]!, stamped(1, i, dueNs + i * NS.ms));
    };

    it.each([
      ['one of before', -HOUR_NS],
      ['one of a machine that has been up for longer', HOUR_NS],
      ['one at the same time, begun a little later', NS.s / 4],
    ])('%s', async (_, laterNs) => {
      const publisher = new Publisher(1);
      await publisher.publish(20);
      // The same operations, and some that this run has not come to; due when none of its own was, however long they took.
      await publishAs(30, nowNs() + laterNs);
      await jsm.streams.deleteMessage('ORDERS', 7);
      const writers = [publisher.close()];
      const reads = await readAll(writers);
      expect(reads[0]).toMatchObject({ count: 9, foreign: 30, complete: true });
      expect(check(writers, reads)).toMatchObject({ verdict: 'fail', counts: { lost: 1 } });
      const history = madeHistory(writers, reads, {
        streamOf: (subject) => STREAMS[SUBJECTS.indexOf(subject)],
      });
      expect(unexpected.check(history, {})).toMatchObject({ verdict: 'pass', counts: { foreign: 30 } });
      expect(duplicates.check(history, {}).counts).toMatchObject({
        duplicatedWithinWindow: 0,
        duplicatedWithoutId: 0,
      });
    });

    it('and tells what it has sent itself and has in no history', async () => {
      const publisher = new Publisher(1);
      await publisher.publish(20);
      await publishAs(1, nowNs() - 20 * NS.ms, 20);
      const writers = [publisher.close()];
      const reads = await readAll(writers);
      expect(reads[0]).toMatchObject({ count: 11, foreign: 0 });
      expect(unexpected.check(madeHistory(writers, reads), {}).counts).toMatchObject({ neverSent: 1 });
    });
  });

  it('lets the check find a message that was removed behind the system’s back', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(40);
    await jsm.streams.deleteMessage('ORDERS', 7);
    const writers = [publisher.close()];
    const result = check(writers, await readAll(writers));
    expect(result).toMatchObject({ verdict: 'fail', counts: { lost: 1, middle: 1 } });
    expect(result.examples[0]).toContain('orders/1 #12, to cim.events.orders.Placed');
  });

  it('waits for what was acknowledged beyond the end, and reads it when it comes', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(10);
    const { dueNs } = publisher.pretend(0, 6);
    const writers = [publisher.close()];
    const reading = readAll(writers, { catchUpNs: 30 * NS.s });
    await js.publish(SUBJECTS[0]!, stamped(1, 10, dueNs));
    const reads = await reading;
    expect(reads[0]).toMatchObject({ count: 6, complete: true });
    expect(check(writers, reads).verdict).toBe('pass');
  });

  it('calls a read complete whose stream goes on ending too early: the end is lost', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(10);
    publisher.pretend(0, 6);
    const writers = [publisher.close()];
    const reads = await readAll(writers);
    expect(reads[0]).toMatchObject({ count: 5, complete: true });
    expect(check(writers, reads)).toMatchObject({ verdict: 'fail', counts: { lost: 1, postfix: 1 } });
  });

  it('does not vouch for what is acknowledged while it reads, nor call it lost', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(10);
    const reads = await readAll([]);
    await publisher.publish(2);
    expect(check([publisher.close()], reads)).toMatchObject({
      verdict: 'unknown',
      counts: { lost: 0, notReached: 2, read: 10 },
    });
  });

  it('says that it was given no time to wait', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(10);
    publisher.pretend(0, 6);
    const writers = [publisher.close()];
    const reads = await readAll(writers, { catchUpNs: 60 * NS.s, timeoutNs: 6 * NS.s });
    expect(reads[0]).toMatchObject({ count: 5, complete: false, gaveUp: expect.any(String) });
    expect(check(writers, reads).verdict).toBe('unknown');
  });

  it('ends, with its replicas, when it is told to hurry while a server stands still', async () => {
    const hurry = new AbortController();
    await pauseProcess(server.pid);
    try {
      const span = { stream: 'ORDERS', subjects: ['>'], fromSequence: 1, throughSequence: 5, gone: false };
      const reading = readBack({
        access: server.access,
        streams: [{ ...span, replicas: 2 }],
        writers: [],
        withReplicas: true,
        timeoutNs: 60 * NS.s,
        signal: hurry.signal,
      });
      hurry.abort();
      const { reads, replicas } = await reading;
      const gaveUp = [...reads, ...replicas].map((read) => read.gaveUp);
      expect(gaveUp).toEqual(Array(3).fill('the run was told to hurry'));
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  it('says why, and does not reject, when it is interrupted or nobody answers', async () => {
    const publisher = new Publisher(1);
    await publisher.publish(10);
    const writers = [publisher.close()];
    const interrupted = await readAll(writers, { signal: AbortSignal.abort(new Error('a second Ctrl-C')) });
    for (const read of interrupted)
      expect(read).toMatchObject({ count: 0, complete: false, gaveUp: 'the run was told to hurry' });
    expect(JSON.stringify(check(writers, interrupted))).toContain('the run was told to hurry');
    const {
      reads: [orders],
    } = await readBack({
      access: { servers: [{ host: '127.0.0.1', port: 1 }] },
      streams: [{ stream: 'ORDERS', subjects: ['>'], fromSequence: 1, throughSequence: 5, gone: false }],
      writers,
      timeoutNs: 2 * NS.s,
    });
    expect(orders).toMatchObject({ count: 0, complete: false, gaveUp: expect.any(String) });
    expect(check(writers, [orders!]).verdict).toBe('unknown');
  });
});
