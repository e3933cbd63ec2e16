import { NS } from '../base/clock.js';
import { formatInteger, formatRate, formatRatio } from '../base/units.js';
import type { LoadCounter, LoadMeasure } from '../contracts/load.js';
import type { Statistic, ThresholdPlan } from '../contracts/plan/thresholds.js';
import type {
  FaultResult,
  LoadPhaseResult,
  LoadResult,
  Recovery,
  ThresholdResult,
} from '../contracts/run-result.js';
import { LatencyHistogram, type PercentileBounds } from './latency-histogram.js';
import { type OwnDoing, type OwnPart, ownPartOf, ownThroughputPart } from './own-part.js';
import { formatBounds } from './percentile-text.js';
import { boundsOf, compare, exactly, nameOf } from './statistic-bounds.js';
import { RECOVERY_TIME, THROUGHPUT } from './threshold-grammar.js';

export { parseThreshold } from './threshold-grammar.js';

/** A percentile with fewer operations beyond it is decided by chance: it is no data. */
const LEAST_BEYOND = 10;

const NOTHING_OURS: OwnDoing = {
  saturatedShare: 0,
  receiver: 'monitor',
  answeredShare: 0,
  isGeneratorBound: false,
};

export interface Measured {
  readonly loads: readonly LoadResult[];
  readonly faults: readonly FaultResult[];
  /** The monitor was without a connection at some time: what it counts as lost may only not have been seen. */
  readonly monitorWasCutOff: boolean;
  /** What of a load's figures may be our own doing; nothing, unless told. */
  ownDoing?(load: string): OwnDoing;
  /** Whether the operations of a kind of load are acknowledged. */
  acknowledged(kind: string): boolean;
}

/** Between which values a statistic lies, and how people read it; or why there is none. */
type Finding =
  | {
      readonly bounds: PercentileBounds;
      readonly text: string;
      /** Where not all of it is the system's doing. */
      readonly ownPart?: OwnPart | undefined;
    }
  | { readonly noData: string };

/**
 * Holds what was measured against what was expected. `no-data` when nothing was recorded, when too few operations lie
 * beyond a percentile, when the phase never came, when operations without an answer could decide it either way, when
 * what stormglass itself added to a latency could, and when the system was not seen to recover.
 */
export function evaluateThreshold(threshold: ThresholdPlan, measured: Measured): ThresholdResult {
  const { text, comparison, bound } = threshold;
  const finding =
    threshold.measure === RECOVERY_TIME ? recoveryTime(threshold, measured) : ofLoad(threshold, measured);
  if ('noData' in finding) return { text, verdict: 'no-data', measured: finding.noData };
  const { bounds, ownPart } = finding;
  const holds = compare(bounds, comparison, bound);
  if (ownPart && holds !== undefined && compare(ownPart.bounds, comparison, bound) !== holds) {
    return {
      text,
      verdict: 'no-data',
      measured: `${finding.text}, ${ownPart.why}: that leaves it open`,
      ...(Number.isFinite(bounds.lower) && { value: bounds.lower }),
    };
  }
  return {
    text,
    verdict: holds === undefined ? 'no-data' : holds ? 'pass' : 'fail',
    measured: holds === undefined ? `${finding.text}, which leaves it open` : finding.text,
    ...(Number.isFinite(bounds.lower) && { value: bounds.lower }),
  };
}

function ofLoad(
  threshold: ThresholdPlan,
  { loads, acknowledged, monitorWasCutOff, ownDoing }: Measured,
): Finding {
  const { measure, statistic, during } = threshold;
  const load = loads.find(({ name }) => name === threshold.load);
  if (!load) return { noData: `no load ${threshold.load} ran` };
  const phase = during ? load.phases.find((one) => one.phase === during) : load.total;
  if (!phase || (phase.counters.due === 0 && !isPassive(phase))) {
    return { noData: during ? `no operation was due during ${during}` : 'no operation was due' };
  }
  const own = ownDoing?.(load.name) ?? NOTHING_OURS;
  if (measure === THROUGHPUT) return throughput(phase, acknowledged(load.kind), own, monitorWasCutOff);
  if (statistic.kind === 'ratio' || statistic.kind === 'count')
    return counted(measure, statistic.kind, phase, monitorWasCutOff);
  const others = loads.filter((other) => other !== load);
  const senders = others.flatMap(({ phases, total }) =>
    during ? phases.filter((one) => one.phase === during) : [total],
  );
  return distribution(measure as LoadMeasure, statistic, phase, own, senders);
}

/** A load for which nothing is due by itself: what it heard, or did of its own, is its data. */
const isPassive = ({ counters: { due, sent, received } }: LoadPhaseResult): boolean =>
  due === 0 && (sent > 0 || received > 0);

/** What the system is known to have taken: acknowledged; or received by the monitor; or at least sent. */
function throughput(
  { counters, durationNs }: LoadPhaseResult,
  isAcknowledged: boolean,
  own: OwnDoing,
  monitorWasCutOff: boolean,
): Finding {
  if (durationNs === 0) return { noData: 'no time passed' };
  const isReceived = !isAcknowledged && counters.received + counters.lost > 0;
  const [what, count]: [string, number] = isAcknowledged
    ? ['acknowledged', counters.ok]
    : isReceived
      ? ['received', counters.received]
      : ['sent', counters.sent];
  const perSec = (count / durationNs) * NS.s;
  if (isReceived && counters.ok > count && own.receiver === 'monitor' && monitorWasCutOff) {
    // What the monitor could not see may have gone through all the same.
    return {
      bounds: { lower: perSec, upper: (counters.ok / durationNs) * NS.s },
      text: `${formatRate(perSec)} received, while the monitor was cut off`,
    };
  }
  return {
    bounds: exactly(perSec),
    text: `${formatRate(perSec)} ${what}`,
    ownPart: ownThroughputPart(perSec, own),
  };
}

function counted(
  measure: string,
  kind: 'ratio' | 'count',
  phase: LoadPhaseResult,
  monitorWasCutOff: boolean,
): Finding {
  const { counters } = phase;
  const isSeenByMonitor = measure === 'lost' && !isPassive(phase);
  if (isSeenByMonitor && counters.received + counters.lost === 0) {
    return { noData: 'the monitor received none of its events' };
  }
  const count = measure === 'errors' ? counters.failed + counters.unknown : counters[measure as LoadCounter];
  const [base, of] = isPassive(phase)
    ? measure === 'lost'
      ? [counters.received + counters.lost, 'that should have come']
      : [counters.received, 'received']
    : isSeenByMonitor
      ? [counters.sent, 'sent']
      : [counters.due, 'due'];
  // What the monitor could not see need not be lost.
  const boundsAt = (value: number): PercentileBounds =>
    isSeenByMonitor && monitorWasCutOff ? { lower: 0, upper: value } : exactly(value);
  const cutOff = isSeenByMonitor && monitorWasCutOff ? ', while the monitor was cut off' : '';
  if (kind === 'count')
    return {
      bounds: boundsAt(count),
      text: `${formatInteger(count)} of ${formatInteger(base)} ${of}${cutOff}`,
    };
  if (base === 0) return { noData: `no operation was ${of}` };
  const ratio = count / base;
  return {
    bounds: boundsAt(ratio),
    text: `${formatRatio(ratio)} (${formatInteger(count)} of ${formatInteger(base)} ${of}${cutOff})`,
  };
}

function distribution(
  measure: LoadMeasure,
  statistic: Statistic,
  phase: LoadPhaseResult,
  own: OwnDoing,
  senders: readonly LoadPhaseResult[],
): Finding {
  const { histograms } = phase;
  const snapshot = histograms[measure];
  if (!snapshot || snapshot.total === 0) return { noData: `no ${measure} was recorded` };
  const histogram = LatencyHistogram.from(snapshot);
  const name = nameOf(statistic);
  if (statistic.kind === 'percentile') {
    const beyond = histogram.countBeyond(statistic.percentile);
    if (beyond < LEAST_BEYOND) return { noData: tooFew(name, beyond, histogram.total, 'operations') };
  }
  const bounds = boundsOf(histogram, statistic);
  return {
    bounds,
    text: `${name} ${bounds.lower === bounds.upper ? '= ' : ''}${formatBounds(bounds)}`,
    ownPart: ownPartOf(measure, statistic, bounds, phase, own, senders),
  };
}

function recoveryTime(
  { statistic, during }: ThresholdPlan,
  { loads, faults, acknowledged }: Measured,
): Finding {
  if (during) return { noData: `${RECOVERY_TIME} belongs to the whole run, not to a phase` };
  if (!loads.some((load) => acknowledged(load.kind) && load.total.counters.due > 0)) {
    return { noData: 'no acknowledged operation was due that could have felt a fault' };
  }
  const injected = faults.filter(({ injectedNs }) => injectedNs > 0);
  if (injected.length === 0) return { noData: 'no fault was injected' };
  const open = injected.filter(({ recovery }) => recovery.ns === undefined).map(({ id }) => id);
  const name = nameOf(statistic);
  if (statistic.kind === 'percentile') {
    const beyond = injected.length - rank(statistic.percentile, injected.length);
    if (beyond < LEAST_BEYOND) return { noData: tooFew(name, beyond, injected.length, 'faults') };
  }
  const of = (unseen: (recovery: Recovery) => number) =>
    statisticOf(
      injected.map(({ recovery }) => recovery.ns ?? unseen(recovery)),
      statistic,
    );
  const bounds = { lower: of(({ atLeastNs = 0 }) => atLeastNs), upper: of(() => Number.POSITIVE_INFINITY) };
  const text = `${name} ${bounds.lower === bounds.upper ? '= ' : ''}${formatBounds(bounds)}`;
  return { bounds, text: open.length === 0 ? text : `${text} (not seen to recover: ${open.join(', ')})` };
}

function statisticOf(values: readonly number[], statistic: Statistic): number {
  const sorted = values.toSorted((a, b) => a - b);
  switch (statistic.kind) {
    case 'percentile':
      return sorted[rank(statistic.percentile, sorted.length) - 1] as number;
    case 'min':
      return sorted[0] as number;
    case 'max':
      return sorted.at(-1) as number;
    default:
      return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  }
}

const rank = (percentile: number, total: number): number =>
  Math.max(1, Math.ceil((percentile / 100) * total - 1e-9));

const tooFew = (name: string, beyond: number, total: number, what: string): string =>
  `only ${beyond} of ${formatInteger(total)} ${what} lie beyond ${name}, and ${LEAST_BEYOND} are needed`;
