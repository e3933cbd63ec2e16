import { formatStopwatch } from '../base/units.js';
import { type Anomaly, anomalyLabel, MEANINGS } from './anomalies.js';
import type { FaultBand } from './fault-bands.js';
import { countText } from './figures.js';
import { type Lane, laneChart } from './lanes.js';

export interface AnomalyLanesOptions {
  readonly anomalies: readonly Anomaly[];
  readonly bands: readonly FaultBand[];
  readonly endSec: number;
  readonly cursorGroup: string;
}

/** What the checks found, a lane a set, a bar a second. */
export function anomalyLanes({ anomalies, ...place }: AnomalyLanesOptions): HTMLElement {
  return laneChart({
    ...place,
    title: 'What the checks found',
    lanes: anomalies.map(laneOf),
    alternative: alternativeOf(anomalies),
    pointed: (sec) => pointedText(Math.floor(sec), anomalies),
  });
}

const laneOf = (anomaly: Anomaly): Lane => ({
  label: `${countText(anomaly.set.count)} ${anomalyLabel(anomaly)}`,
  tone: MEANINGS[anomaly.set.meaning].tone,
  bars: anomaly.set.overTime.map(([second, count]) => ({ fromSec: second, toSec: second + 1, count })),
});

/** Of the second that the cursor is in. */
function pointedText(pointed: number, anomalies: readonly Anomaly[]): string {
  const found = anomalies.flatMap(({ set }) =>
    set.overTime
      .filter(([second]) => second === pointed)
      .map(([, count]) => `${countText(count)} ${set.name}`),
  );
  return found.length === 0 ? '' : `${formatStopwatch(pointed)}  ${found.join(', ')}`;
}

function alternativeOf(anomalies: readonly Anomaly[]): string {
  const words = anomalies.map((anomaly) => {
    const { overTime, count } = anomaly.set;
    const [first, last] = [overTime[0]?.[0] ?? 0, overTime.at(-1)?.[0] ?? 0];
    const when =
      first === last
        ? `at ${formatStopwatch(first)}`
        : `from ${formatStopwatch(first)} to ${formatStopwatch(last)}`;
    return `${anomalyLabel(anomaly)}: ${countText(count)}, ${when}.`;
  });
  return `What the checks found over time. ${words.join(' ')} A table follows.`;
}
