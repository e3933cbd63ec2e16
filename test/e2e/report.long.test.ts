import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

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
  it('every file of its report, and logs whose totals are the summary’s', async () => {
    await using place = new Workplace();
    // An election, which takes up to nine seconds, is less than half of it.
    const text = scenarioText({
      load: `
  - { name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 24s, ack-timeout: 1s, max-lateness: 30s }
  - { name: firehose, kind: publish, domains: [telemetry], rate: 2k/s, for: 24s, workers: 2, max-lateness: 30s }`,
      faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 1s }]',
      thresholds: '{ firehose.lag: ["p50 < 60s"], firehose.dropped: ["ratio <= 1"] }',
    });
    const end = await place.runScenario(text);
    expect(end.stderr).toContain('acknowledged events lost');
    expect(end.code, end.stderr).toBe(0);

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
    expect(firehose?.total.counters.due).toBe(48_000);
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
});
