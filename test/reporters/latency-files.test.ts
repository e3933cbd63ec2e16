import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { buildSummary } from '../../src/reporters/build-summary.js';
import { createLatencyReporter } from '../../src/reporters/latency-files.js';
import { sampleRun } from '../support/sample-run.js';
import { freshRunDir, tell } from './run-dir.js';

const run = sampleRun({ seconds: 15, ordersPerSec: 200, firehosePerSec: 400 });

/** Operations in a .hlog, as HdrHistogram's own reader sees them. */
function operationsIn(hlog: string): number {
  const reader = new HistogramLogReader(hlog);
  let total = 0;
  for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram())
    total += next.totalCount;
  return total;
}

describe('latency/', () => {
  it('has a .hlog and a .hgrm for each load and measure, which hold the operations that the summary counts', async () => {
    const runDir = freshRunDir();
    const reporter = createLatencyReporter({ runDir });
    await tell(reporter, run, runDir);
    await reporter.onEnd?.(run.result);
    const expected = new Map(
      buildSummary(run.result).loads.flatMap(({ name, total }) =>
        Object.entries(total.latency).map(([measure, { count }]) => [`${name}-${measure}`, count] as const),
      ),
    );
    expect([...expected.keys()].sort()).toEqual([
      'firehose-lag',
      'firehose-schedule_delay',
      'orders-ack_latency',
      'orders-lag',
      'orders-schedule_delay',
      'orders-service_time',
    ]);
    const files = readdirSync(join(runDir, 'latency')).sort();
    expect(files).toEqual([...expected.keys()].flatMap((name) => [`${name}.hgrm`, `${name}.hlog`]).sort());
    for (const [name, count] of expected) {
      expect(operationsIn(readFileSync(join(runDir, 'latency', `${name}.hlog`), 'utf8')), name).toBe(count);
      const hgrm = readFileSync(join(runDir, 'latency', `${name}.hgrm`), 'utf8');
      expect(Number(/Total count\s*=\s*(\d+)/.exec(hgrm)?.[1]), name).toBe(count);
    }
  });

  it('leaves the intervals it got to when the run is killed', async () => {
    const runDir = freshRunDir();
    const reporter = createLatencyReporter({ runDir });
    await tell(reporter, run, runDir);
    const file = join(runDir, 'latency', 'orders-ack_latency.hlog');
    const got = await waitFor(() => existsSync(file) && operationsIn(readFileSync(file, 'utf8')) > 200 * 10, {
      timeoutMs: 30_000,
      everyMs: 5,
    });
    expect(got).toBe(true);
    await reporter.onEnd?.(run.result);
  });

  it('names the file that could not be written', async () => {
    const runDir = freshRunDir();
    writeFileSync(join(runDir, 'latency'), 'in the way');
    const reporter = createLatencyReporter({ runDir });
    await tell(reporter, run, runDir);
    await expect(reporter.onEnd?.(run.result)).rejects.toMatchObject({
      name: 'StormglassError',
      message: expect.stringContaining(join(runDir, 'latency')),
    });
  });
});
