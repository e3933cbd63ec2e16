import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { whileStopped } from '../support/pause-process.js';
import { startRelay } from '../support/relay.js';
import { consume, drain, infoOf, pulled, STREAM, SUBJECT, settled, startWithStream } from './consuming.js';

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
      expect(load.first.operationErrors).toEqual([]);
    },
  );

  it('tells how long an event was on its way, and nothing of those of earlier runs', async () => {
    await using system = await startWithStream();
    await system.fill(10);
    const load = await consume(system);
    const dueNs = load.first.startNs + NS.ms;
    await waitFor(() => nowNs() > dueNs + 0.2 * NS.s, { timeoutMs: 30_000 });
    // As of a machine that has been up for longer.
    await system.fill(5, SUBJECT, nowNs() + 3600 * NS.s);
    await system.fill(7, SUBJECT, dueNs);
    await load.until(() => settled(system));
    expect(load.count('received')).toBe(22);
    expect(load.first.histogram('lag').total).toBe(7);
    expect(load.first.histogram('lag').min).toBeGreaterThan(0.19 * NS.s);
  });

  it('reads in order, without acknowledgements, through a consumer in memory that is gone afterwards', async () => {
    await using system = await startWithStream();
    await system.fill(3000);
    const load = await consume(system, { params: { mode: 'ordered' } });
    await waitFor(async () => (await system.consumers()).length === 1, { timeoutMs: 30_000 });
    const { config } = await infoOf(system);
    expect(config).toMatchObject({ ack_policy: 'none', mem_storage: true, num_replicas: 1 });
    await load.until(() => load.count('received') === 3000);
    expect(load.count('sent') + load.count('lost')).toBe(0);
    await expect.poll(() => system.consumers()).toEqual([]);
  });

  it('goes on behind the last message when its ordered consumer is deleted', async () => {
    await using system = await startWithStream();
    await system.fill(500);
    const load = await consume(system, { params: { mode: 'ordered' } });
    const hasRead = async (sequence: number) => (await infoOf(system))?.delivered.stream_seq === sequence;
    await waitFor(() => hasRead(500), { timeoutMs: 30_000 });
    await system.manager.consumers.delete(STREAM, (await infoOf(system)).name);
    await system.fill(500);
    await load.until(() => load.count('received') === 1000);
    expect(load.count('duplicates') + load.count('lost')).toBe(0);
    expect(load.first.operationErrors).toContain('pull request: 409 Consumer Deleted');
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
    const load = await consume(system, { workers: 2, params: { consumers: 2, batch: 50 } });
    await pulled(system, 2, 2);
    await system.fill(3000);
    await load.until(() => load.count('received') === 6000);
    expect((await system.consumers()).map(({ name }) => name).sort()).toEqual([
      'stormglass-test-orders-0',
      'stormglass-test-orders-1',
    ]);
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
    const received = load.count('received');
    const redelivered = load.count('redelivered');
    expect(received).toBe(1000 + redelivered);
    // A fifth comes again, of those a fifth, and so on: 250 all in all, and what was not answered within a second.
    expect(redelivered).toBeGreaterThan(180);
    expect(load.count('duplicates')).toBe(0);
    expect(await settled(system)).toBe(true);
    expect(load.count('due')).toBe(load.count('ok'));
    expect(load.count('sent')).toBe(load.count('ok'));
    // All but the tenth that is never answered.
    const unanswered = received - load.count('ok');
    expect(unanswered).toBeGreaterThan(0.06 * received);
    expect(unanswered).toBeLessThan(0.14 * received);
    expect(redelivered).toBeGreaterThanOrEqual(unanswered);
  });

  it('acknowledges all before the last of those that came together', async () => {
    await using system = await startWithStream();
    await system.fill(2000);
    const load = await drain(system, { params: { ack: 'all' } });
    expect(load.count('received')).toBe(2000);
    expect(load.count('ok')).toBeLessThan(2000);
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
    await using relay = await startRelay(system.server.port, '$JS.ACK.');
    const params = { ack: 'sync', 'ack-timeout': '300ms' };
    const load = await consume(system, { access: relay.access, params });
    await system.fill(50);
    await load.until(() => load.count('unknown') === 50);
    expect(load.count('ok')).toBe(0);
    expect(load.first.operationErrors).toContain('no answer within 300 ms');
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
    const params = { until: 'drained', 'drain-within': '300ms', 'no-ack': '100%' };
    const load = await consume(system, { params });
    // It has all of them, and has been told that nobody acknowledged one.
    await load.until(() => load.count('received') === 100 && load.first.reports.at(-1)!.pending === 100);
    expect(load.first.operationErrors).toEqual(['not drained within 300 ms: something was left']);
  });

  it('says how long it has not caught up when it never does', async () => {
    await using system = await startWithStream();
    await system.fill(100);
    const params = { until: undefined, delay: '1s', 'max-ack-pending': 10, 'ack-timeout': '100ms' };
    const load = await consume(system, { params });
    await waitFor(async () => (await infoOf(system)).num_ack_pending === 10, { timeoutMs: 30_000 });
    load.first.stop();
    await waitFor(() => load.first.histogram('drain_time').total > 0, { timeoutMs: 30_000 });
    await load.first.finished();
    expect(load.first.histogram('drain_time').snapshot()?.censored?.total).toBe(1);
  });

  it('asks again when a pull request has fallen silent, and loses nothing', async () => {
    await using system = await startWithStream();
    await system.fill(300);
    const load = await consume(system, { params: { heartbeat: '200ms' } });
    await waitFor(() => settled(system), { timeoutMs: 30_000 });
    await whileStopped(system.server.pid, () =>
      waitFor(() => load.first.operationErrors.length > 0, { timeoutMs: 30_000 }),
    );
    await system.fill(300);
    await load.until(() => settled(system));
    expect(load.count('received')).toBe(600);
    expect(load.first.operationErrors[0]).toBe('a pull request without a message or a heartbeat');
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
