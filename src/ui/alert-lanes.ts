import { formatInteger, formatStopwatch } from '../base/units.js';
import { ALERT_SEVERITIES } from '../contracts/alert.js';
import type { FiredAlertSummary } from '../contracts/summary.js';
import type { FaultBand } from './fault-bands.js';
import { type Lane, type LaneBar, laneChart } from './lanes.js';

/** Of alerts of more names than this, the less severe and later share the last lane. */
const MOST_LANES = 12;
const MOST_POINTED = 4;
const TONES: Readonly<Record<string, string>> = { page: 'fail', ticket: 'open', info: 'muted' };

export interface AlertLanesOptions {
  /** At least one. */
  readonly fired: readonly FiredAlertSummary[];
  readonly bands: readonly FaultBand[];
  readonly endSec: number;
  readonly cursorGroup: string;
}

/** The times that alerts of one name and severity fired. */
interface Group {
  readonly name: string;
  readonly severity: string;
  readonly fired: FiredAlertSummary[];
}

/** When each alert fired and until when, a lane a name, the most severe first. */
export function alertLanes({ fired, endSec, ...place }: AlertLanesOptions): HTMLElement {
  const groups = groupsOf(fired);
  const own = groups.length > MOST_LANES ? groups.slice(0, MOST_LANES - 1) : groups;
  const others = groups.slice(own.length);
  const lanes = own.map((group) => laneOf(`${group.name} (${group.severity})`, [group], endSec));
  if (others.length > 0) lanes.push(laneOf(othersLabel(others), others, endSec));
  return laneChart({
    ...place,
    endSec,
    title: 'Alerts: from when each fired until it resolved',
    lanes,
    alternative: `Alerts over time. ${lanes.map(({ label, bars }) => wordsOf(label, bars)).join(' ')} A table is under Alerts.`,
    pointed: (sec) => pointedText(sec, fired, endSec),
  });
}

/** Where the timeline may end so that each of them is seen, in seconds after the start of the load. */
export const lastAlertSecond = (fired: readonly FiredAlertSummary[]): number =>
  fired.reduce(
    (last, { firedAtNs, resolvedAtNs }) => Math.max(last, (resolvedAtNs ?? firedAtNs + 1e9) / 1e9),
    0,
  );

function groupsOf(fired: readonly FiredAlertSummary[]): Group[] {
  const groups = new Map<string, Group>();
  for (const alert of fired) {
    const severity = alert.severity ?? 'no severity';
    const key = JSON.stringify([alert.alert, severity]);
    const known = groups.get(key);
    if (known) known.fired.push(alert);
    else groups.set(key, { name: alert.alert, severity, fired: [alert] });
  }
  const firstNs = (group: Group) => Math.min(...group.fired.map(({ firedAtNs }) => firedAtNs));
  return [...groups.values()].sort((a, b) => rankOf(a) - rankOf(b) || firstNs(a) - firstNs(b));
}

/** What the rules call something else comes last. */
function rankOf({ severity }: Group): number {
  const at = (ALERT_SEVERITIES as readonly string[]).indexOf(severity);
  return at < 0 ? ALERT_SEVERITIES.length : at;
}

function laneOf(name: string, groups: readonly Group[], endSec: number): Lane {
  const fired = groups.flatMap((group) => group.fired);
  const open = fired.filter(({ resolvedAtNs }) => resolvedAtNs === null).length;
  const times = fired.length === 1 ? 'once' : `${formatInteger(fired.length)} times`;
  const still =
    open === 0 ? '' : `, ${open === fired.length ? '' : `${formatInteger(open)} `}still at the end`;
  return {
    label: `${name}: ${times}${still}`,
    tone: TONES[groups[0]?.severity ?? ''] ?? 'muted',
    bars: barsOf(fired, endSec),
  };
}

function othersLabel(groups: readonly Group[]): string {
  const severities = [...new Set(groups.map(({ severity }) => severity))];
  const counts = severities.map(
    (severity) =>
      `${formatInteger(groups.filter((group) => group.severity === severity).length)} ${severity}`,
  );
  return `${formatInteger(groups.length)} more alerts (${counts.join(', ')})`;
}

/** How many fired at a time, wherever any did. */
function barsOf(fired: readonly FiredAlertSummary[], endSec: number): LaneBar[] {
  const changes = fired
    .flatMap((alert) => {
      const [fromSec, toSec] = spanOf(alert, endSec);
      return [
        { atSec: fromSec, by: 1 },
        { atSec: toSec, by: -1 },
      ];
    })
    .sort((a, b) => a.atSec - b.atSec || b.by - a.by);
  const bars: LaneBar[] = [];
  let count = 0;
  let fromSec = 0;
  for (const { atSec, by } of changes) {
    if (count > 0 && atSec > fromSec) bars.push({ fromSec, toSec: atSec, count });
    count += by;
    fromSec = atSec;
  }
  return bars;
}

/** One that was not resolved fired until the end; one that fired before the load did so from its beginning. */
const spanOf = (
  { firedAtNs, resolvedAtNs }: FiredAlertSummary,
  endSec: number,
): readonly [fromSec: number, toSec: number] => [
  Math.max(0, firedAtNs / 1e9),
  resolvedAtNs === null ? endSec : resolvedAtNs / 1e9,
];

function wordsOf(label: string, bars: readonly LaneBar[]): string {
  const [first, last] = [bars[0]?.fromSec ?? 0, bars.at(-1)?.toSec ?? 0];
  return `${label}, from ${formatStopwatch(first)} to ${formatStopwatch(last)}.`;
}

function pointedText(sec: number, fired: readonly FiredAlertSummary[], endSec: number): string {
  const now = fired.filter((alert) => {
    const [fromSec, toSec] = spanOf(alert, endSec);
    return fromSec <= sec && sec < toSec;
  });
  if (now.length === 0) return '';
  const told = now.slice(0, MOST_POINTED).map(alertWords);
  if (now.length > told.length) told.push(`and ${formatInteger(now.length - told.length)} more`);
  return `${formatStopwatch(sec)}  ${told.join(', ')}`;
}

/** `NatsNodeDown n2`: of its labels the first that tells it from others. */
function alertWords({ alert, labels: { severity: _, ...labels } }: FiredAlertSummary): string {
  return [alert, ...Object.values(labels).slice(0, 1)].join(' ');
}
