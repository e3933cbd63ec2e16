import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Summary } from '../../src/contracts/summary.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { buildSummary } from '../../src/reporters/build-summary.js';
import { summarizeLatency } from '../../src/reporters/latency-summary.js';
import { createSummaryReporter } from '../../src/reporters/summary-json.js';
import { sampleRun } from '../support/sample-run.js';
import { freshRunDir } from './run-dir.js';

const run = sampleRun({ seconds: 20, ordersPerSec: 200, firehosePerSec: 400, recoveryBoundSec: 2 });

async function write(runDir: string): Promise<Summary> {
  await createSummaryReporter({ runDir }).onEnd?.(run.result);
  return JSON.parse(readFileSync(join(runDir, 'summary.json'), 'utf8')) as Summary;
}

describe('summary.json', () => {
  it('says how the run ended, why, and with what', async () => {
    const summary = await write(freshRunDir());
    expect(summary).toMatchObject({
      schema: 'stormglass.summary/1',
      runId: run.result.runId,
      name: 'leader-loss',
      seed: 42,
      loadNs: 20e9,
      verdict: { exit: 'threshold', exitCode: 4, reasons: [{ exit: 'threshold' }] },
      environment: { natsServer: '2.15.2' },
      servers: { restarted: ['n2'] },
    });
    expect(summary.thresholds).toEqual(run.result.thresholds);
    expect(summary.checks).toEqual(run.result.checks);
    expect(summary.safety).toMatchObject({ version: 1, verdict: 'pass', tested: ['process-crash'] });
    expect(summary.safety).toEqual(run.result.safety);
    expect(summary.reads).toEqual(run.result.reads);
  });

  it('says how long the load was, without the wait for the recovery after it', () => {
    const { result } = run;
    const waited = { ...result, loadEndNs: result.loadEndNs + 59e9 };
    expect(buildSummary(waited)).toMatchObject({ loadNs: 20e9, watchedNs: 79e9 });
    const later = result.plan.loads.map((load, i) => (i === 0 ? { ...load, atNs: 5e9 } : load));
    expect(buildSummary({ ...waited, plan: { ...result.plan, loads: later } }).loadNs).toBe(25e9);
  });

  it('takes nobody for load who only follows the others', () => {
    const { result } = run;
    const plans = result.plan.loads.map((load, i) =>
      i === 0 ? { ...load, schedule: { mode: 'follow' } as const } : load,
    );
    const loads = result.loads.map((load, i) => (i === 0 ? { ...load, durationNs: 600e9 } : load));
    expect(buildSummary({ ...result, plan: { ...result.plan, loads: plans }, loads }).loadNs).toBe(20e9);
  });

  it('has the counters, the rates and the latency of each load and phase', async () => {
    const summary = await write(freshRunDir());
    const orders = summary.loads[0];
    const { counters, durationNs, histograms } = run.result.loads[0]?.total ?? {};
    expect(orders?.total.counters).toEqual(counters);
    expect(orders?.total.rates.okPerSec).toBeCloseTo((counters?.ok ?? 0) / ((durationNs ?? 0) / 1e9), 9);
    expect(orders?.phases.map(({ phase }) => phase)).toEqual(['steady', 'faults']);
    expect(orders?.total.latency.ack_latency?.count).toBe(histograms?.ack_latency?.total);
    const parts = orders?.phases.reduce((sum, { latency }) => sum + (latency.ack_latency?.count ?? 0), 0);
    expect(parts).toBe(orders?.total.latency.ack_latency?.count);
  });

  it('tells the times of a fault from the start of the load', async () => {
    const summary = await write(freshRunDir());
    expect(summary.faults[0]).toMatchObject({ injectedAtNs: 6e9, revertedAtNs: 11e9, status: 'reverted' });
  });

  it('is whole or not at all: an older one stands when the disk is full, and nothing half is left', async () => {
    const runDir = freshRunDir();
    writeFileSync(join(runDir, 'summary.json'), 'older');
    if (process.platform === 'linux') symlinkSync('/dev/full', join(runDir, 'summary.json.partial'));
    else symlinkSync(join(runDir, 'no', 'such', 'place'), join(runDir, 'summary.json.partial'));
    await expect(write(runDir)).rejects.toMatchObject({
      name: 'StormglassError',
      message: expect.stringContaining(join(runDir, 'summary.json')),
    });
    expect(readdirSync(runDir)).toEqual(['summary.json']);
    expect(readFileSync(join(runDir, 'summary.json'), 'utf8')).toBe('older');
  });
});

describe('the figures of a histogram', () => {
  it('has no percentile with fewer than ten operations beyond it', () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 1000; i++) histogram.record(i * 1000);
    const { percentiles, count, min, max } = summarizeLatency(histogram.snapshot());
    expect(count).toBe(1000);
    expect(percentiles.p99?.ns).toBeCloseTo(990_000, -3);
    expect(percentiles['p99.9']).toBeNull();
    expect([min.ns, max.ns]).toEqual([1000, 1_000_000]);
  });

  it('marks what operations without an answer decide as a lower bound, and nothing else', () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 900; i++) histogram.record(1e6);
    for (let i = 0; i < 100; i++) histogram.recordCensored(5e9);
    const { percentiles, unanswered, min, mean, max } = summarizeLatency(histogram.snapshot());
    expect(unanswered).toBe(100);
    expect(percentiles.p50?.atLeast).toBeUndefined();
    expect(percentiles.p95).toMatchObject({ atLeast: true });
    expect(percentiles.p95?.ns).toBeCloseTo(5e9, -8);
    expect([min.atLeast, mean.atLeast, max.atLeast]).toEqual([undefined, true, true]);
  });
});
