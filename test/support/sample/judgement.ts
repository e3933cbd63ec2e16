import { NS } from '../../../src/base/clock.js';
import { EXIT } from '../../../src/base/errors.js';
import { formatDuration, formatInteger } from '../../../src/base/units.js';
import type { HistogramSnapshot } from '../../../src/contracts/histogram.js';
import type { LoadResult, RunResult, Verdict } from '../../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.js';
import { RECOVERY_NS } from './fault.js';

/** Checks, thresholds and the verdict that follows from them. */
export function sampleJudgement(
  loads: readonly LoadResult[],
  lostEvents: number,
  recoveryBoundSec: number,
): Pick<RunResult, 'checks' | 'thresholds' | 'verdict'> {
  const orders = loads[0] as LoadResult;
  const ok = orders.total.counters.ok;
  const steady = LatencyHistogram.from(orders.phases[0]?.histograms.ack_latency as HistogramSnapshot);
  const p99 = steady.percentile(99).lower;
  const faults = LatencyHistogram.from(orders.phases[1]?.histograms.ack_latency as HistogramSnapshot);
  const p95 = faults.percentile(95).lower;
  const checks: RunResult['checks'] = [
    {
      name: 'acked-loss',
      verdict: lostEvents > 0 ? 'fail' : 'pass',
      sentence: `${lostEvents} of ${formatInteger(ok)} acknowledged events lost`,
      sets:
        lostEvents > 0
          ? [{ name: 'lost', meaning: 'violation', count: lostEvents, overTime: [[20, lostEvents]] }]
          : [],
      counts: { acknowledged: ok, lost: lostEvents, unknown: orders.total.counters.unknown },
      examples: Array.from(
        { length: Math.min(lostEvents, 32) },
        (_, i) =>
          `writer 0 #${16_790 + i}: due at 20.${i}12 s, acknowledged as ORDERS ${16_801 + i} during fault-1 (node-kill), not in the final read`,
      ),
    },
  ];
  const thresholds: RunResult['thresholds'] = [
    {
      text: 'orders.ack_latency p99 < 250ms during steady',
      verdict: p99 < 250 * NS.ms ? 'pass' : 'fail',
      measured: `p99 = ${formatDuration(p99)}`,
      value: p99,
    },
    {
      text: 'orders.ack_latency p95 < 15s during faults',
      verdict: p95 < 15 * NS.s ? 'pass' : 'fail',
      measured: `p95 = ${formatDuration(p95)}`,
      value: p95,
    },
    {
      text: 'firehose.dropped ratio == 0',
      verdict: loads[1]?.total.counters.dropped === 0 ? 'pass' : 'fail',
      measured: '0 %',
      value: 0,
    },
    {
      text: `recovery_time max < ${recoveryBoundSec}s`,
      verdict: RECOVERY_NS < recoveryBoundSec * NS.s ? 'pass' : 'fail',
      measured: `max = ${formatDuration(RECOVERY_NS)}`,
      value: RECOVERY_NS,
    },
  ];
  const missed = thresholds.filter(({ verdict }) => verdict === 'fail');
  const reasons: Verdict['reasons'] = [
    ...checks
      .filter(({ verdict }) => verdict === 'fail')
      .map(({ name, sentence }) => ({ exit: 'safety' as const, text: `${name}: ${sentence}` })),
    ...missed.map(({ text, measured }) => ({ exit: 'threshold' as const, text: `${text}: ${measured}` })),
  ];
  const exit = reasons[0]?.exit ?? 'ok';
  const meaning = { safety: 'safety violated', threshold: 'threshold missed', ok: 'passed' }[exit as 'ok'];
  return {
    checks,
    thresholds,
    verdict: {
      exit,
      exitCode: EXIT[exit],
      headline: reasons[0] ? `${meaning}: ${reasons[0].text}` : meaning,
      reasons,
      leftBehind: [],
    },
  };
}
