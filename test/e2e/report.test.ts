import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { externalCluster, scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';

/** Every histogram of a log, as HdrHistogram's own reader decodes it: how many values it holds. */
function totalOf(hlog: string): number {
  const reader = new HistogramLogReader(readFileSync(hlog, 'utf8'));
  let total = 0;
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    total += (next as { totalCount: number }).totalCount;
  }
  return total;
}

describe('a run leaves', () => {
  it('no word of a report that could not be written, but of what was', async () => {
    await using place = new Workplace();
    await using server = await startTestServer();
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address),
      streams: '[]',
      checks: '[]',
      load: '[{ name: firehose, kind: publish, domains: [telemetry], rate: 200/s, for: 1s }]',
    });
    const run = place.start(['run', place.write('s.yaml', text), '--out', place.reports, '--allow', address]);
    await waitFor(() => place.runDirs().length > 0, { timeoutMs: 30_000, everyMs: 5 });
    const dir = place.runDir();
    // Where the page is to be written first, nothing can be.
    mkdirSync(join(dir, 'report.html.partial'));
    const end = await run.ended;
    expect(end.code).not.toBe(0);
    expect(existsSync(join(dir, 'report.html'))).toBe(false);
    expect(end.stderr).toContain('cannot write');
    expect(end.stderr).toMatch(/^ {2}report +\S+summary\.json$/m);
    expect(end.stderr).not.toMatch(/^ {2}report +\S+report\.html$/m);
  });

  it('every file of its report, and logs whose totals are the summary’s', async () => {
    await using place = new Workplace();
    const text = scenarioText({
      load: `
  - { name: orders, kind: js-publish, domains: [orders], rate: 1k/s, for: 8s, ack-timeout: 1s, max-lateness: 30s }
  - { name: firehose, kind: publish, domains: [telemetry], rate: 5k/s, for: 8s, workers: 2, max-lateness: 30s }`,
      faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 1s }]',
      thresholds: '{ firehose.lag: ["p50 < 60s"], firehose.dropped: ["ratio <= 1"] }',
    });
    const end = await place.run(['run', place.write('s.yaml', text), '--out', place.reports]);
    expect(end.stderr).toContain('acknowledged events lost');
    expect(end.code).toBe(0);

    const dir = place.runDir();
    const files = [
      'plan.json',
      'journal.ndjson',
      'summary.json',
      'report.html',
      'timeseries.csv',
      'audit.ndjson',
      'undo.ndjson',
    ];
    expect(files.filter((file) => !existsSync(join(dir, file)))).toEqual([]);
    expect(readdirSync(join(dir, 'logs')).sort()).toEqual(['n1.log', 'n2.log', 'n3.log']);
    expect(readlinkSync(join(place.reports, 'latest'))).toBe(basename(dir));

    const summary = place.summary();
    const logged: Record<string, number> = {};
    for (const file of readdirSync(join(dir, 'latency')).filter((name) => name.endsWith('.hlog'))) {
      logged[file] = totalOf(join(dir, 'latency', file));
    }
    const summarized: Record<string, number> = {};
    for (const load of summary.loads) {
      for (const [measure, latency] of Object.entries(load.total.latency)) {
        summarized[`${load.name}-${measure}.hlog`] = latency.count;
      }
    }
    expect(logged).toEqual(summarized);
    expect(Object.keys(logged)).toEqual(
      expect.arrayContaining(['orders-ack_latency.hlog', 'firehose-lag.hlog']),
    );

    const firehose = summary.loads.find(({ name }) => name === 'firehose');
    expect(firehose?.total.counters.due).toBe(40_000);
    expect(summary.environment.natsServer).toBe('2.15.2');
    expect(summary.servers.confirmed?.orders).toBeGreaterThan(0);

    // One sentence on safety, the same everywhere, and what it rests on.
    const { sentence } = summary.safety!;
    expect(sentence).toMatch(
      /^0 of [\d,]+ acknowledged events lost; process-crash safe, partitions and power loss not tested$/,
    );
    expect(end.stderr).toContain(sentence);
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain(sentence);
    const last = readFileSync(join(dir, 'journal.ndjson'), 'utf8').trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(last)).toMatchObject({ type: 'verdict', safety: sentence });
    const read = summary.reads.find(({ stream, node }) => stream === 'ORDERS' && node === undefined);
    expect(read?.complete).toBe(true);
    expect(read?.count).toBeGreaterThanOrEqual(summary.checks[0]!.counts.acknowledged!);
    expect(await place.leftovers()).toEqual([]);
  });

  it('what it did to a system that it did not start: its load, and nothing else', async () => {
    await using place = new Workplace();
    await using server = await startTestServer({ jetstream: true });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address, server.monitorUrl),
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 3s }]',
    });
    const file = place.write('s.yaml', text);

    const refused = await place.run(['run', file, '--out', place.reports]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`--allow ${address}`);
    expect(place.runDirs()).toEqual([]);

    const end = await place.run(['run', file, '--out', place.reports, '--allow', address]);
    expect(end.code).toBe(0);
    expect(place.summary().servers.confirmed).toEqual({ orders: 1500 });
    const streams = (await (await fetch(`${server.monitorUrl}/jsz`)).json()) as { streams: number };
    expect(streams.streams).toBe(0);
    expect(await place.leftovers()).toEqual([]);
  });

  it('no stream of its own on a system that it did not start, not even when it is killed', async () => {
    await using place = new Workplace();
    await using server = await startTestServer({ jetstream: true });
    const address = `127.0.0.1:${server.port}`;
    const text = scenarioText({
      cluster: externalCluster(address),
      streams: '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]',
      load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 60s }]',
    });
    const run = place.start(['run', place.write('s.yaml', text), '--out', place.reports, '--allow', address]);
    await place.phase('load');
    const streamCount = async () =>
      ((await (await fetch(`${server.monitorUrl}/jsz`)).json()) as { streams: number }).streams;
    expect(await streamCount()).toBe(1);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await place.leftovers()).toEqual([]);
    expect(await streamCount()).toBe(0);
  });

  it('two schedules that are the same for the same seed, and start nothing with --dry-run', async () => {
    await using place = new Workplace();
    const file = place.write(
      's.yaml',
      scenarioText({ faults: '[{ at: 1s, kind: node-kill, target: one, restart-after: 1s }]' }),
    );
    const [first, second] = [
      await place.run(['run', file, '--dry-run', '--seed', '5']),
      await place.run(['run', file, '--dry-run', '--seed', '5']),
    ];
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('node-kill');
    expect(first.stdout).toBe(second.stdout);
    expect(place.runDirs()).toEqual([]);
  });
});
