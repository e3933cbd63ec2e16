import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

const STREAMS = `
  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }
  - { name: JOBS, subjects: [cim.events.telemetry.>], replicas: 3, retention: workqueue }`;

/** They last: an election takes seconds where others run, too. */
const CONSUMERS = `
  - { name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 16s, ack-timeout: 2s, max-lateness: 60s }
  - { name: jobs, kind: js-publish, domains: [telemetry], rate: 100/s, for: 16s, ack-timeout: 2s, max-lateness: 60s }
  - { name: billing, kind: js-consume, stream: ORDERS, workers: 2, ack: sync, nak: 5%, ack-wait: 4s, until: drained }
  - { name: render, kind: js-consume, stream: JOBS, workers: 2, ack: sync, ack-wait: 4s, until: drained }`;

const careless = CONSUMERS.replace('nak: 5%', 'lose-after-ack: 5%');

/** @param seconds time for the server that was killed to be back, and for others to read what it has then */
const bucket = (replicas: number, storage: string, seconds: number) => `
  - { name: carts, kind: kv, bucket: carts, replicas: ${replicas}, storage: ${storage}, workers: 2, keys: 20, size: 64B,
      mix: { put: 20, get: 50, compare-and-set: 30 }, rate: 400/s, for: ${seconds}s, ack-timeout: 2s, max-lateness: 60s }`;

const killLeader = (stream: string) =>
  `[{ at: 3s, kind: node-kill, target: stream-leader(${stream}), restart-after: 2s, allow-quorum-loss: true }]`;

async function runWith(place: Workplace, parts: Parameters<typeof scenarioText>[0]) {
  const end = await place.runScenario(scenarioText(parts));
  const { checks } = place.summary();
  return { code: end.code, check: (name: string) => checks.find((each) => each.name === name)! };
}

describe('on three nodes, of which the leader is killed', () => {
  it('consumers deliver everything, and nothing again whose acknowledgement was confirmed', async () => {
    await using place = new Workplace();
    const { check } = await runWith(place, {
      streams: STREAMS,
      load: CONSUMERS,
      faults: killLeader('ORDERS'),
      checks: '[consumer]',
    });
    const { verdict, counts, sentence } = check('consumer');
    expect(sentence).toContain('at least once, and again only when allowed');
    expect(verdict).toBe('pass');
    expect(counts.selected).toBeGreaterThan(1000);
    expect(counts.messages).toBeGreaterThanOrEqual(counts.selected!);
    expect(counts.confirmed).toBeGreaterThan(0.9 * counts.messages!);
    expect(counts.redelivered).toBeGreaterThan(20);
    expect(await place.leftovers()).toEqual([]);
  });

  it('a consumer that acknowledges what it then loses is found out', async () => {
    await using place = new Workplace();
    const { code, check } = await runWith(place, { streams: STREAMS, load: careless, checks: '[consumer]' });
    const { verdict, counts } = check('consumer');
    expect(verdict).toBe('fail');
    expect(counts.undelivered).toBeGreaterThan(20);
    expect(code).toBe(5);
  });

  it('the keys of a bucket are registers, and how stale its gets are is said', async () => {
    await using place = new Workplace();
    const { check } = await runWith(place, {
      load: bucket(3, 'file', 8),
      faults: killLeader('KV_carts'),
      checks: '[kv-linearizable, stale-reads]',
    });
    const { verdict, counts } = check('kv-linearizable');
    expect(verdict).toBe('pass');
    expect(Math.min(counts.puts!, counts.compareAndSets!, counts.gets!)).toBeGreaterThan(100);
    expect(check('stale-reads')).toMatchObject({ verdict: 'pass', counts: { gets: counts.gets } });
  });

  it('a bucket of one replica in memory loses what it had acknowledged', async () => {
    await using place = new Workplace();
    const { code, check } = await runWith(place, {
      load: bucket(1, 'memory', 16),
      faults: killLeader('KV_carts'),
      checks: '[kv-linearizable]',
    });
    expect(check('kv-linearizable').verdict).toBe('fail');
    expect(code).toBe(5);
  });
});
