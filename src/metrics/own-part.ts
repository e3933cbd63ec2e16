import { formatDuration, formatRatio } from '../base/units.js';
import type { LoadMeasure } from '../contracts/load.js';
import type { Statistic } from '../contracts/plan/thresholds.js';
import type { LoadPhaseResult } from '../contracts/run-result.js';
import { LatencyHistogram, type PercentileBounds } from './latency-histogram.js';

/** What of a load's figures may be stormglass's doing, and not the system's. */
export interface OwnDoing {
  /** Of its events that were received, the share that came while the thread that received them was saturated. */
  readonly saturatedShare: number;
  /** Whose thread that was: the monitor's, or one of the load itself. */
  readonly receiver: 'monitor' | 'load';
  /** Of its operations that were answered, the share whose answers came while its thread was saturated. */
  readonly answeredShare: number;
  /** A load without a schedule whose threads never rested: its rate is their limit. */
  readonly isGeneratorBound: boolean;
}

/** Between which values the system's part of a figure lies, and why that is not the figure itself. */
export interface OwnPart {
  readonly bounds: PercentileBounds;
  readonly why: string;
}

/**
 * The system's part of a latency. An operation that went out late by our own doing has that delay in its `ack_latency`
 * and its `lag`; what a saturated thread received, events or answers, may have lain before its door. Undefined where it is all the
 * system's, or none of it can be told apart.
 *
 * @param senders the other loads' phases, where the events of a load that receives by itself come from: the delay of any
 *   of them may be in its `lag`
 */
export function ownPartOf(
  measure: LoadMeasure,
  statistic: Statistic,
  bounds: PercentileBounds,
  phase: LoadPhaseResult,
  { saturatedShare, receiver, answeredShare }: OwnDoing,
  senders: readonly LoadPhaseResult[] = [],
): OwnPart | undefined {
  if ((measure === 'lag' || measure === 'drain_time') && saturatedShare > shareBeyond(statistic)) {
    const who = receiver === 'monitor' ? "the monitor's thread" : "the load's own thread";
    return {
      bounds: { lower: 0, upper: bounds.upper },
      why: `${who} was saturated while it received ${formatRatio(saturatedShare)} of the events`,
    };
  }
  if ((measure === 'ack_latency' || measure === 'service_time') && answeredShare > shareBeyond(statistic)) {
    return {
      bounds: { lower: 0, upper: bounds.upper },
      why: `the load's own thread was saturated while ${formatRatio(answeredShare)} of the answers came`,
    };
  }
  if (measure !== 'lag' && measure !== 'ack_latency') return undefined;
  const from = measure === 'lag' && receiver === 'load' ? senders : [phase];
  const delayNs = Math.max(0, ...from.map((each) => ownDelayNs(statistic, each)));
  if (delayNs === 0) return undefined;
  return {
    bounds: { lower: Math.max(0, bounds.lower - delayNs), upper: bounds.upper },
    why: `of which the generator's own delay may be ${formatDuration(delayNs)}`,
  };
}

/** The throughput that a system might have had, had its generator not been the slower of the two. */
export function ownThroughputPart(perSec: number, { isGeneratorBound }: OwnDoing): OwnPart | undefined {
  if (!isGeneratorBound) return undefined;
  return {
    bounds: { lower: perSec, upper: Number.POSITIVE_INFINITY },
    why: "which is the generator's limit, not the system's",
  };
}

/** So many operations, as a share of all, decide a statistic. */
function shareBeyond(statistic: Statistic): number {
  if (statistic.kind === 'percentile') return 1 - statistic.percentile / 100;
  return statistic.kind === 'min' ? 1 : 0;
}

/** The same statistic of the delays that were our own doing; those that the system held up had none. */
function ownDelayNs(statistic: Statistic, { counters, histograms }: LoadPhaseResult): number {
  const snapshot = histograms.schedule_delay;
  if (!snapshot || snapshot.total === 0) return 0;
  const delays = LatencyHistogram.from(snapshot);
  const sent = Math.max(counters.sent, delays.total);
  switch (statistic.kind) {
    case 'percentile': {
      const among = 100 - ((100 - statistic.percentile) * sent) / delays.total;
      return among <= 0 ? 0 : delays.percentile(among).lower;
    }
    case 'max':
      return delays.max;
    case 'mean':
      return (delays.mean * delays.total) / sent;
    default:
      return 0;
  }
}
