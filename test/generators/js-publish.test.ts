import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { pauseProcess, whileStopped } from '../support/pause-process.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';
import { readOperations } from './operations.js';
import { startWithStream } from './orders-stream.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stormglass-js-publish-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** In place of a stream: acknowledges each event, and once more just before it acknowledges the next. */
async function respondTwice(port: number) {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const state = {
    answered: 0,
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
  const acknowledge = (reply: string, sequence: number) =>
    connection.publish(reply, JSON.stringify({ stream: 'ORDERS', seq: sequence }));
  let previous: string | undefined;
  connection.subscribe('cim.events.orders.>', {
    callback: (_, { reply }) => {
      if (previous !== undefined) acknowledge(previous, state.answered);
      previous = reply as string;
      acknowledge(previous, ++state.answered);
    },
  });
  await connection.flush();
  return state;
}

describe('js-publish', () => {
  it('has an acknowledgement for each operation, and the stream has what was acknowledged', async () => {
    await using system = await startWithStream();
    const historyFile = join(directory, 'acknowledged.bin');
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(3000, 1),
      writer: 3,
      historyFile,
    });
    await load.run();

    expect(load.count('ok')).toBe(3000);
    expect(load.count('due')).toBe(3000);
    expect(load.histogram('ack_latency').total).toBe(3000);
    const { state } = await system.manager.streams.info('ORDERS');
    expect(state.messages).toBe(3000);

    const operations = readOperations(historyFile);
    expect(operations.map(({ sequence }) => sequence)).toEqual(operations.map((_, i) => i));
    for (const { dueNs, sentNs, doneNs, outcome } of operations) {
      expect(outcome).toBe('ok');
      expect(sentNs).toBeGreaterThanOrEqual(dueNs);
      expect(doneNs).toBeGreaterThanOrEqual(sentNs);
    }
    // Each acknowledgement names the place where exactly that operation lies.
    const stamp = emptyStamp();
    for (const { sequence, subject, streamSequence } of operations.filter((_, i) => i % 100 === 7)) {
      const message = (await system.manager.streams.getMessage('ORDERS', { seq: streamSequence }))!;
      expect(readStamp(message.data, 0, message.data.length, stamp)).toBe(true);
      expect({ subject: message.subject, writer: stamp.writer, sequence: stamp.sequence }).toEqual({
        subject,
        writer: 3,
        sequence,
      });
    }
  });

  it('never has more outstanding than its window, and calls the waiting blocked', async () => {
    await using system = await startWithStream();
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(2000, 1),
      params: { window: 10 },
    });
    await load.ready();
    const sentWhileStopped = await whileStopped(system.server.pid, async () => {
      await load.start();
      await waitFor(() => (load.reports.at(-1)?.pending ?? 0) > 500, { timeoutMs: 20_000 });
      return load.count('sent') - load.count('ok');
    });
    await load.finished();
    expect(sentWhileStopped).toBeLessThanOrEqual(10);
    expect(load.count('blocked')).toBeGreaterThan(500);
    expect(load.count('ok')).toBe(2000);
  });

  it('fills its window at rate: max', async () => {
    await using system = await startWithStream();
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: { mode: 'max', durationNs: 600 * NS.s },
      params: { window: 64 },
    });
    await load.start();
    await waitFor(() => load.count('ok') > 1000, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(load.count('due')).toBe(load.count('sent'));
    const { state } = await system.manager.streams.info('ORDERS');
    expect(state.messages).toBe(load.count('ok'));
    expect(state.messages).toBeGreaterThan(1000);
  });

  it('shows a server that stands still for as long as it stood', async () => {
    await using system = await startWithStream();
    const historyFile = join(directory, 'stalled.bin');
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(1000, 3),
      params: { overdue: NS.s },
      historyFile,
    });
    await load.ready();
    const stalledNs = await whileStopped(system.server.pid, async () => {
      await load.start();
      // A client gives up a server that says nothing for four seconds.
      await waitFor(() => nowNs() - load.startNs >= 2 * NS.s, { timeoutMs: 30_000 });
      return nowNs() - load.startNs;
    });
    await load.finished();

    expect(load.count('ok')).toBe(3000);
    expect(load.noticesOf('disconnected')).toEqual([]);
    const latency = load.histogram('ack_latency');
    // The first was due when it stood still, and could not be answered before the end of that.
    expect(latency.max).toBeGreaterThan(stalledNs - 20 * NS.ms);
    // Of 3000 even operations the share that was due more than x before the end of the stall waited at least x.
    for (const percentile of [70, 80, 90, 95, 99, 99.9]) {
      const beyond = (1 - percentile / 100) * 3 * NS.s;
      const atLeast = stalledNs - beyond - 20 * NS.ms;
      expect(latency.percentile(percentile).lower).toBeGreaterThan(Math.max(0, atLeast * 0.998));
    }
    // Those that waited longer than a second, and no others.
    const overdue = readOperations(historyFile).filter(({ dueNs, doneNs }) => doneNs - dueNs > NS.s);
    expect(overdue.length).toBeGreaterThan(400);
    const troubles = load.reports.flatMap((report) => report.troubles);
    expect(troubles.at(-1)).toMatchObject({
      reason: 'overdue',
      firstDueNs: load.startNs,
      lastDueNs: overdue.at(-1)!.dueNs,
      operations: overdue.length,
    });
  });

  it('takes no second acknowledgement of an event for that of the next, as one comes when a stream has a new leader', async () => {
    await using server = await startTestServer();
    await using connection = await respondTwice(server.port);
    const historyFile = join(directory, 'twice.bin');
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(200, 1),
      params: { window: 1 },
      historyFile,
    });
    await load.run();
    expect(load.count('ok')).toBe(200);
    expect(connection.answered).toBe(200);
    for (const { sequence, streamSequence } of readOperations(historyFile)) {
      expect(streamSequence).toBe(sequence + 1);
    }
  });

  it('does not know of what has no answer in time, and takes no late one', async () => {
    await using system = await startWithStream();
    const historyFile = join(directory, 'timeout.bin');
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(500, 600),
      params: { 'ack-timeout': 0.3 * NS.s, window: 1000 },
      historyFile,
    });
    await load.ready();
    await whileStopped(system.server.pid, async () => {
      await load.start();
      await waitFor(() => load.count('unknown') > 100, { timeoutMs: 20_000 });
    });
    // They come all the same: the server has them in its socket.
    const LATE = 'an answer came after its operation had ended';
    await waitFor(() => load.operationErrors.includes(LATE), { timeoutMs: 60_000 });
    load.stop();
    await load.finished();

    expect(load.operationErrors).toContain(LATE);
    const sent = load.count('sent');
    expect(load.count('ok') + load.count('unknown')).toBe(sent);
    const unknown = readOperations(historyFile).filter(({ outcome }) => outcome === 'unknown');
    expect(unknown).toHaveLength(load.count('unknown'));
    expect(new Set(unknown.map(({ reason }) => reason))).toEqual(
      new Set(['no acknowledgement within 300 ms']),
    );
    // Censored at the time they have waited, and not less than the timeout.
    const latency = load.histogram('ack_latency').snapshot()!;
    expect(latency.total).toBe(sent);
    expect(latency.censored?.total).toBe(unknown.length);
    for (const { sentNs, doneNs } of unknown) expect(doneNs - sentNs).toBeGreaterThanOrEqual(0.3 * NS.s);
    await expect.poll(system.stored).toBe(sent);
  });

  it('fails where no stream listens', async () => {
    await using server = await startTestServer({ jetstream: true });
    const historyFile = join(directory, 'nobody.bin');
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(500, 0.4),
      historyFile,
    });
    await load.run();
    expect(load.count('failed')).toBe(200);
    // None was acknowledged: each is in the latency, at the least that it can be.
    expect(load.histogram('ack_latency').snapshot()).toMatchObject({ total: 200, censored: { total: 200 } });
    expect(new Set(readOperations(historyFile).map(({ reason }) => reason))).toEqual(
      new Set(['no responders']),
    );
    expect(load.operationErrors).toContain('no responders');
    expect(load.reports.flatMap(({ troubles }) => troubles)[0]).toMatchObject({ reason: 'no responders' });
  });

  it('tells a refusal that is certain from an acknowledgement', async () => {
    await using system = await startWithStream({ max_msgs: 150, discard: 'new' as StreamConfig['discard'] });
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(500, 0.4),
    });
    await load.run();
    expect(load.count('ok')).toBe(150);
    expect(load.count('failed')).toBe(50);
    // A worker tells of what fails once a flush, so that how often it is told depends on the machine.
    expect(new Set(load.operationErrors)).toEqual(new Set(['maximum messages exceeded (10077)']));
  });

  it('counts what the server says is a duplicate', async () => {
    await using system = await startWithStream();
    const historyFile = join(directory, 'duplicates.bin');
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(500, 0.2),
      params: { headers: { 'Nats-Msg-Id': 'always the same' } },
      historyFile,
    });
    await load.run();
    expect(load.count('ok')).toBe(100);
    expect(load.count('duplicates')).toBe(99);
    const operations = readOperations(historyFile);
    expect(operations.map(({ detail }) => detail)).toEqual(operations.map((_, i) => (i === 0 ? 0 : 1)));
    expect(new Set(operations.map(({ streamSequence }) => streamSequence))).toEqual(new Set([1]));
  });

  it('knows nothing of what was in flight when its server was killed, and sends none of it again', async () => {
    await using system = await startWithStream();
    await using second = await startTestServer({ jetstream: true });
    const historyFile = join(directory, 'killed.bin');
    const load = new LoadUnderTest({
      access: { servers: [...system.server.access.servers, ...second.access.servers] },
      kind: 'js-publish',
      schedule: steadyRate(1000, 2),
      params: { window: 100 },
      historyFile,
    });
    await load.ready();
    await pauseProcess(system.server.pid);
    await load.start();
    await waitFor(() => (load.reports.at(-1)?.pending ?? 0) > 200, { timeoutMs: 20_000 });
    await system.server.stop('SIGKILL');
    await load.finished();

    const operations = readOperations(historyFile);
    expect(operations).toHaveLength(2000);
    const unknown = operations.filter(({ outcome }) => outcome === 'unknown');
    expect(unknown).toHaveLength(100);
    expect(new Set(unknown.map(({ reason }) => reason))).toEqual(new Set(['connection lost']));
    // All at once, when the connection was lost, and each entered at the time it had waited.
    expect(new Set(unknown.map(({ doneNs }) => doneNs)).size).toBe(1);
    expect(load.histogram('ack_latency').snapshot()!.censored?.total).toBe(100 + load.count('failed'));
    // The second server has no stream: it says so of all that follow.
    expect(operations.at(-1)).toMatchObject({ outcome: 'failed', reason: 'no responders' });
    expect(load.noticesOf('reconnected')).toHaveLength(1);
  });

  it('gives up, when stopped, what waits for the system, and waits for what is in flight', async () => {
    await using system = await startWithStream();
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      schedule: steadyRate(1000, 600),
      params: { window: 20, 'ack-timeout': 0.5 * NS.s },
    });
    await load.ready();
    await whileStopped(system.server.pid, async () => {
      await load.start();
      await waitFor(() => (load.reports.at(-1)?.pending ?? 0) > 200, { timeoutMs: 20_000 });
      load.stop();
      await load.finished();
    });
    expect(load.count('unsent')).toBeGreaterThan(100);
    expect(load.count('unknown')).toBeGreaterThanOrEqual(20);
    expect(load.count('due')).toBe(load.count('sent') + load.count('unsent'));
    expect(load.count('sent')).toBe(load.count('ok') + load.count('unknown'));
    expect(load.histogram('ack_latency').total).toBe(load.count('due'));
  });

  it('says so before it starts when its history cannot be written', async () => {
    await using server = await startTestServer({ jetstream: true });
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(1, 1),
      events: ORDERS,
      historyFile: join(directory, 'nowhere', 'history.bin'),
    });
    await expect(load.ready()).rejects.toThrow(/cannot write the history .*nowhere/);
    await expect(load.finished()).rejects.toThrow();
  });
});
