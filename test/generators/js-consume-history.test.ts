import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { startRelay } from '../support/relay.js';
import {
  type Consuming,
  consume,
  drain,
  infoOf,
  pulled,
  STREAM,
  type System,
  settled,
  startWithStream,
} from './consuming.js';
import { countOperations, type Operation, readOperations } from './operations.js';

/** A load, unless told otherwise one that reads what there is, and the history that its workers leave. */
async function recorded(system: System, consuming: Consuming = {}, run: typeof drain = drain) {
  const historyDir = await mkdtemp(join(tmpdir(), 'stormglass-js-consume-'));
  try {
    const load = await run(system, { ...consuming, historyDir });
    const byWorker = load.workers.map((_, worker) => readOperations(join(historyDir, `${worker}.sgh`)));
    return { load, byWorker, operations: byWorker.flat() };
  } finally {
    await rm(historyDir, { recursive: true });
  }
}

const ofKind = (operations: readonly Operation[], kind: string) =>
  operations.filter((each) => each.kind === kind);

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
    const consuming = { params: { mode: 'ordered' } };
    const { operations } = await recorded(system, consuming, async (...load) => {
      const consumer = await consume(...load);
      await waitFor(() => nowNs() > consumer.first.startNs, { timeoutMs: 30_000, everyMs: 1 });
      await system.fill(300);
      await consumer.until(() => consumer.count('received') === 300);
      return consumer;
    });
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
    const consuming = { workers: 2, params: { nak: '10%', term: '10%' } };
    const { load, byWorker, operations } = await recorded(system, consuming, async (...load) => {
      const consumers = await consume(...load);
      await pulled(system, 2);
      await system.fill(500);
      await consumers.until(() => settled(system));
      return consumers;
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
    await using relay = await startRelay(system.server.port, '$JS.ACK.');
    await system.fill(50);
    const consuming = { access: relay.access, params: { ack: 'sync', 'ack-timeout': '300ms' } };
    const { load, operations } = await recorded(system, consuming, async (...load) => {
      const consumer = await consume(...load);
      await consumer.until(() => consumer.count('unknown') === 50);
      return consumer;
    });
    const acks = ofKind(operations, 'ack');
    expect(acks.length).toBe(50);
    for (const { outcome, reason } of acks) {
      expect([outcome, reason]).toEqual(['unknown', 'no answer within 300 ms']);
    }
    expect(load.count('ok')).toBe(0);
  });

  it('has acknowledgements to a consumer that is gone as refused', async () => {
    await using system = await startWithStream();
    await using relay = await startRelay(system.server.port, '$JS.ACK.');
    await system.fill(50);
    const consuming = { access: relay.access, params: { ack: 'sync' } };
    const { load, operations } = await recorded(system, consuming, async (...load) => {
      const consumer = await consume(...load);
      await waitFor(async () => (await infoOf(system)).num_ack_pending === 50, { timeoutMs: 30_000 });
      await system.manager.consumers.delete(STREAM, 'stormglass-test-orders');
      relay.letThrough();
      await consumer.until(() => consumer.count('unknown') + consumer.count('failed') === 50);
      return consumer;
    });
    expect(countOperations(operations)).toEqual({ 'deliver ok': 50, 'ack failed': 50 });
    expect(new Set(ofKind(operations, 'ack').map(({ reason }) => reason))).toEqual(
      new Set(['acknowledgement: 503']),
    );
    expect(load.count('failed')).toBe(50);
  });
});
