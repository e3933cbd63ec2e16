import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { LOAD_COUNTERS } from '../../src/contracts/load.js';
import { createTimeseriesReporter } from '../../src/reporters/timeseries-csv.js';
import { sampleRun } from '../support/sample-run.js';
import { freshRunDir, tell } from './run-dir.js';

const run = sampleRun({ seconds: 20, ordersPerSec: 200, firehosePerSec: 400 });

function parse(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [names[i] as string, cell])),
  );
}

describe('timeseries.csv', () => {
  it('has a row a second and load, and its sums are the counters of the run', async () => {
    const runDir = freshRunDir();
    const reporter = createTimeseriesReporter({ runDir });
    await tell(reporter, run, runDir);
    await reporter.onEnd?.(run.result);
    const rows = parse(readFileSync(join(runDir, 'timeseries.csv'), 'utf8'));
    for (const load of run.result.loads) {
      const own = rows.filter((row) => row.load === load.name);
      expect(own.map((row) => Number(row.t_s))).toEqual(own.map((_, second) => second));
      for (const counter of LOAD_COUNTERS) {
        const sum = own.reduce((total, row) => total + Number(row[counter]), 0);
        expect(sum, `${load.name}.${counter}`).toBe(load.total.counters[counter]);
      }
    }
  });

  it('tells latency in milliseconds, and leaves cells empty where nothing was measured', async () => {
    const runDir = freshRunDir();
    const reporter = createTimeseriesReporter({ runDir });
    await tell(reporter, run, runDir);
    await reporter.onEnd?.(run.result);
    const rows = parse(readFileSync(join(runDir, 'timeseries.csv'), 'utf8'));
    const orders = rows.find((row) => row.load === 'orders' && row.t_s === '2');
    const expected = run.result.timeline.loads[0]?.rows[2]?.latency.ack_latency;
    expect(Number(orders?.ack_p99_ms)).toBe((expected?.p99 ?? 0) / 1e6);
    expect(Number(orders?.ack_max_ms)).toBe((expected?.max ?? 0) / 1e6);
    const service = run.result.timeline.loads[0]?.rows[2]?.latency.service_time;
    expect(Number(orders?.service_p99_ms)).toBe((service?.p99 ?? Number.NaN) / 1e6);
    expect(rows.find((row) => row.load === 'firehose')?.ack_p99_ms).toBe('');
    const phases = new Set(rows.map((row) => row.phase));
    expect(phases).toEqual(new Set(['steady', 'faults']));
  });

  it('is written while the run goes on', async () => {
    const runDir = freshRunDir();
    const reporter = createTimeseriesReporter({ runDir });
    await tell(reporter, run, runDir);
    const seen = await waitFor(
      () => parse(readFileSync(join(runDir, 'timeseries.csv'), 'utf8')).some((row) => row.t_s === '15'),
      { timeoutMs: 30_000, everyMs: 5 },
    );
    expect(seen).toBe(true);
    await reporter.onEnd?.(run.result);
  });

  it.runIf(process.platform === 'linux')('ends with one clear error when the disk is full', async () => {
    const runDir = freshRunDir();
    symlinkSync('/dev/full', join(runDir, 'timeseries.csv'));
    const reporter = createTimeseriesReporter({ runDir });
    await tell(reporter, run, runDir);
    await expect(reporter.onEnd?.(run.result)).rejects.toMatchObject({
      name: 'StormglassError',
      exit: 'unexpected',
      message: expect.stringMatching(/cannot write .*timeseries\.csv: .*no space left/i),
      hint: expect.stringContaining('--out'),
    });
  });
});
