import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

const STREAMS = `
  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3, allow_atomic: true }
  - { name: TELEMETRY, subjects: [cim.events.telemetry.>], replicas: 3, allow_batched: true }`;

const LOADS = `
  - { name: atomic, kind: js-publish, domains: [orders], mode: atomic, commit-every: 20, rate: 500/s, for: 16s, ack-timeout: 2s, max-lateness: 60s }
  - { name: twice, kind: js-publish, domains: [orders], msg-id: { repeat: 5% }, rate: 200/s, for: 16s, ack-timeout: 2s, max-lateness: 60s }
  - { name: fast, kind: js-publish, domains: [telemetry], mode: fast, rate: 500/s, for: 16s, ack-timeout: 2s, max-lateness: 60s }
  - { name: reader, kind: js-consume, stream: ORDERS, mode: ordered, until: drained }
  - { name: late, kind: js-consume, stream: ORDERS, at: 4s, nak: 5%, ack-wait: 2s, until: drained }`;

describe('JetStream loads on three nodes, of which the leader is killed', () => {
  it('lose nothing that was acknowledged, in any mode, and nothing that is stored is left unread', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenarioText({
        streams: STREAMS,
        load: LOADS,
        faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 2s }]',
      }),
    );
    await place.run(['run', file, '--out', place.reports]);
    const { checks, loads } = place.summary();
    const { counts, verdict } = checks.find(({ name }) => name === 'acked-loss')!;
    expect(verdict).toBe('pass');
    const counters = Object.fromEntries(loads.map(({ name, total }) => [name, total.counters]));
    const acknowledged = ['atomic', 'twice', 'fast'].map((name) => counters[name]!.ok);
    for (const count of acknowledged) expect(count).toBeGreaterThan(200);
    expect(counts.acknowledged).toBe(acknowledged.reduce((sum, ok) => sum + ok, 0));
    // A batch that its connection broke off is unknown as a whole, and the last one of the load may be shorter for it.
    const { due, ok, failed, unknown, unsent, dropped } = counters.atomic!;
    expect(ok + failed + unknown + unsent + dropped).toBe(due);
    expect(counters.twice!.duplicates).toBeGreaterThan(5);
    // Whoever reads to the end has read at least what was acknowledged, and in order each message once.
    const stored = counters.atomic!.ok + counters.twice!.ok;
    expect(counters.reader!.received).toBeGreaterThanOrEqual(stored);
    expect(counters.reader!.lost).toBe(0);
    expect(counters.late!.received - counters.late!.redelivered).toBeGreaterThanOrEqual(stored);
    expect(counters.late!.redelivered).toBeGreaterThan(0);
    expect(await place.leftovers()).toEqual([]);
  });
});
