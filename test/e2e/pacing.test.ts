import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { Workplace } from '../support/cli.js';

/** Every load ends by itself in about four seconds, though one could go on for ten minutes. */
const SCENARIO = `version: 1
name: paces
seed: 3
cluster: { driver: process, nodes: 1 }
monitor: { port: 0 }
events:
  mix:
    - { domain: orders, types: [Placed], size: 128B }
    - { domain: clicks, types: [Seen], size: 64B }
streams: [{ name: ORDERS, subjects: [cim.events.orders.>], storage: memory }]
load:
  - name: stairs
    kind: publish
    domains: [clicks]
    workers: 2
    warm-up: 1s
    arrival: poisson
    max-lateness: 60s
    stages: [{ step: 1k/s, for: 2s }, { step: 2k/s, for: 2s }]
  - { name: loop, kind: js-publish, domains: [orders], concurrency: 8, count: 500, at: 500ms }
checks: [acked-loss]
thresholds:
  stairs.lost: [count == 0]
  loop.throughput: [rate > 1/s]
  stairs.lag: [{ expect: p50 < 60s, during: warm-up }]
`;

describe('a run whose loads have paces of their own', () => {
  it('measures a warm-up apart, and ends when the last of them has', async () => {
    await using place = new Workplace();
    const end = await place.runScenario(SCENARIO);
    const summary = place.summary();
    expect(summary.thresholds.map(({ text, verdict }) => [text, verdict])).toEqual([
      ['stairs.lost count == 0', 'pass'],
      ['loop.throughput rate > 1/s', 'pass'],
      ['stairs.lag p50 < 60s during warm-up', 'pass'],
    ]);
    expect(summary.checks.map(({ verdict, counts }) => [verdict, counts.acknowledged])).toEqual([
      ['pass', 500],
    ]);
    // Ten minutes were the bound of the loop: its count ended it.
    expect(summary.loadNs).toBeLessThan(120 * NS.s);

    const [stairs, loop] = summary.loads;
    const phase = (name: string) => stairs?.phases.find((one) => one.phase === name);
    const due = (name: string) => phase(name)?.counters.due ?? 0;
    expect((stairs?.total.counters.due ?? 0) + due('warm-up')).toBe(6000);
    expect(stairs?.total.counters.due).toBe(due('steady'));
    // A thousand, give or take what chance does to a thousand.
    expect(Math.abs(due('warm-up') - 1000)).toBeLessThan(200);
    expect([phase('warm-up')?.durationNs, stairs?.total.durationNs]).toEqual([NS.s, 3 * NS.s]);
    expect(phase('warm-up')?.counters.received).toBe(due('warm-up'));
    expect(stairs?.stages?.map(({ fromNs, toPerSec }) => [fromNs / NS.s, toPerSec])).toEqual([
      [0, 1000],
      [2, 2000],
    ]);
    expect(loop?.total.counters).toMatchObject({ due: 500, ok: 500, blocked: 0 });
    expect(loop?.phases.map((one) => one.phase)).toEqual(['steady', 'faults']);
    expect(end.stderr).toContain('stairs ');

    const logged = readFileSync(join(place.runDir(), 'latency', 'stairs-lag.hlog'), 'utf8').split('\n');
    expect(logged.some((line) => line.startsWith('Tag=warm-up,'))).toBe(true);
    expect(readFileSync(join(place.runDir(), 'timeseries.csv'), 'utf8')).toContain('stairs,warm-up,');
  });
});
