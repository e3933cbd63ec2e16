import { NS } from '../base/clock.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { StageResult, TimelineRow } from '../contracts/run-result.js';

/** A stage is kept when this much of it got through, or all but one: rows are cut by timers, which tremble. */
const LEAST_KEPT = 0.98;

/**
 * What became of each stage of an open-loop load that has several: what was due in it and what got through, as means
 * over the rows of the timeline that lie within it. A stage without such a row is left out.
 *
 * @param endNs after the start of the run's load: what comes later was never due
 */
export function stageResults(
  { schedule, atNs }: Pick<LoadPlan, 'schedule' | 'atNs'>,
  rows: readonly TimelineRow[],
  rowNs: number,
  endNs = Number.POSITIVE_INFINITY,
): StageResult[] {
  if (schedule.mode !== 'open' || schedule.stages.length < 2) return [];
  const results: StageResult[] = [];
  let stageNs = 0;
  for (const { fromPerSec, toPerSec, durationNs } of schedule.stages) {
    const fromNs = stageNs;
    stageNs += durationNs;
    const within = rows.filter(
      ({ t }) => t * NS.s >= atNs + fromNs && t * NS.s + rowNs <= Math.min(atNs + stageNs, endNs),
    );
    if (within.length === 0) continue;
    const sec = (within.length * rowNs) / NS.s;
    const sum = (counter: 'due' | 'ok' | 'sent' | 'bytes') =>
      within.reduce((total, { counters }) => total + (counters[counter] ?? 0), 0);
    const [due, ok, sent] = [sum('due'), sum('ok'), sum('sent')];
    results.push({
      fromNs,
      durationNs,
      fromPerSec,
      toPerSec,
      unit: schedule.unit,
      duePerSec: due / sec,
      okPerSec: ok / sec,
      okBytesPerSec: sent === 0 ? 0 : ((sum('bytes') / sent) * ok) / sec,
      isKept: due - ok <= Math.max(1, due * (1 - LEAST_KEPT)),
    });
  }
  return results;
}
