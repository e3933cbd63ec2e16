import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { LoadSummary } from '../../src/contracts/summary.js';
import { Workplace } from '../support/cli.js';

const EXAMPLES = fileURLToPath(new URL('../../scenarios/load/', import.meta.url));

// A machine that is busy with other tests shall not make a run inconclusive.
const SCENARIO = `version: 1
name: kinds
seed: 11
cluster: { driver: process, nodes: 1 }
monitor: { port: 0 }
events:
  mix:
    - { domain: orders, types: { Placed: 3, Paid: 1 }, size: 128B }
    - { domain: prices, types: [Get], size: 32B }
load:
  - { name: shop, kind: publish, domains: [orders], rate: 500/s, for: 3s, max-lateness: 60s }
  - { name: dashboards, kind: subscribe, domains: [orders], subscribers: 3, workers: 2 }
  - { name: warehouse, kind: subscribe, subject: "cim.events.orders.*", queue: pickers, subscribers: 4 }
  - { name: prices, kind: service, domains: [prices], reply-size: 64B, delay: 1ms..3ms, errors: 10% }
  - { name: buyers, kind: request, domains: [prices], rate: 200/s, for: 3s, timeout: 30s, max-lateness: 60s }
  - { name: fleet, kind: connections, connections: 20, subscriptions: 1, rate: 20/s, for: 3s, max-lateness: 60s }
  - { name: scrapers, kind: http, url: monitor, rate: 10/s, for: 3s, connections: 2, timeout: 30s }
thresholds:
  dashboards.lost: ["count == 0"]
  dashboards.duplicates: ["count == 0"]
  dashboards.throughput: ["rate > 1/s"]
  warehouse.lag: ["p50 < 30s"]
  prices.service_time: ["min >= 1ms"]
  buyers.service_time: ["min >= 1ms"]
  buyers.unknown: ["ratio == 0"]
  fleet.failed: ["ratio == 0"]
  scrapers.errors: ["ratio == 0"]
`;

describe('every kind of load', () => {
  it('has an example that is valid', async () => {
    await using place = new Workplace();
    const files = readdirSync(EXAMPLES)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `${EXAMPLES}${name}`);
    expect(files.length).toBeGreaterThan(5);
    const end = await place.run(['validate', ...files]);
    expect(end.stderr).toBe('');
    expect(end.code, end.stderr).toBe(0);
  });

  it('runs beside the others, and is weighed for what it is', async () => {
    await using place = new Workplace();
    const end = await place.runScenario(SCENARIO);
    expect({ code: end.code, stderr: end.code === 0 ? '' : end.stderr }).toEqual({ code: 0, stderr: '' });

    const { loads, thresholds, notices } = place.summary();
    const load = (name: string): LoadSummary => loads.find((each) => each.name === name) as LoadSummary;
    const counters = (name: string) => load(name).total.counters;
    expect(thresholds.map(({ verdict }) => verdict)).toEqual(thresholds.map(() => 'pass'));

    expect(counters('shop')).toMatchObject({ due: 1500, ok: 1500, received: 1500, lost: 0 });
    expect(counters('dashboards')).toMatchObject({
      due: 0,
      sent: 0,
      received: 4500,
      lost: 0,
      bytes: 4500 * 128,
    });
    expect(load('dashboards').total.latency.lag?.count).toBe(4500);
    // It lasts as long as the others do.
    expect(load('dashboards').total.rates.receivedPerSec).toBeCloseTo(1500, 0);
    expect(counters('warehouse')).toMatchObject({ received: 1500, lost: 0 });
    const spread = notices.find((notice) => notice.load === 'warehouse' && notice.kind === 'note');
    expect(spread?.text).toContain('queue group pickers: each of 4 members received between');

    const buyers = counters('buyers');
    expect(buyers).toMatchObject({ due: 600, sent: 600, received: 0, lost: 0, reply_bytes: 64 * buyers.ok });
    expect(buyers.ok + buyers.failed).toBe(600);
    expect(buyers.failed).toBeGreaterThan(20);
    expect(counters('prices')).toMatchObject({ received: 600, ok: 600, failed: 0 });

    expect(counters('fleet')).toMatchObject({ due: 60, ok: 60, failed: 0 });
    expect(load('fleet').total.latency.ack_latency?.count).toBe(60);
    const scrapers = counters('scrapers');
    expect(scrapers.ok).toBeGreaterThan(0);
    expect(scrapers.ok + scrapers.unsent).toBe(30);
    expect(await place.leftovers()).toEqual([]);
  });

  it('asks for the consent of the command line before it loads an HTTP endpoint elsewhere', async () => {
    await using place = new Workplace();
    const before = SCENARIO.slice(0, SCENARIO.indexOf('load:'));
    const load = (more: string) => `${before}load:\n  - { ${more}, rate: 1/s, for: 1s }\n`;
    const gateway = 'name: gateway, kind: http, url: "http://192.0.2.1:8080/"';

    const without = await place.run(['run', place.write('a.yaml', load(gateway)), '--out', place.reports]);
    expect(without.code, without.stderr).toBe(2);
    expect(without.stderr).toMatch(/a\.yaml:\d+:\d+: .*192\.0\.2\.1:8080 is not in `allow`/);

    const allowed = load(`${gateway}, allow: ["192.0.2.1:8080"]`);
    const half = await place.run(['run', place.write('b.yaml', allowed), '--out', place.reports]);
    expect(half.code, half.stderr).toBe(2);
    expect(half.stderr).toContain('there is no consent to load 192.0.2.1:8080 on the command line');
    expect(place.runDirs()).toEqual([]);
  });
});
