import { formatDuration, formatStopwatch } from '../base/units.js';
import type { AlertResult } from '../contracts/alert.js';
import type { AlertsSummary, FiredAlertSummary, Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { faultBands, faultsDuring } from './fault-bands.js';
import { NOTHING } from './figures.js';
import { outcomeMark } from './outcome-mark.js';

const OUTCOMES = {
  met: ['pass', 'met'],
  missed: ['fail', 'missed'],
  unknown: ['open', 'unknown'],
} as const;

/** Each alert that was expected: how soon after its fault it fired, who was told, and when it resolved; and all that fired. */
export function alertsSection(summary: Summary): HTMLElement | undefined {
  const { alerts } = summary;
  if (alerts === null) return undefined;
  const { results, fired, unexpected, only } = alerts;
  return section(
    'alerts',
    'Alerts',
    element('p', { class: 'note' }, timesNote(alerts)),
    dataTable<AlertResult>({
      caption: 'Alerts that were expected, and how soon they came',
      rows: results,
      columns: [
        {
          heading: 'Alert',
          cell: ({ expectation: { alert, severity }, labels }) =>
            element('span', {}, alert, element('small', {}, labels?.severity ?? severity ?? '')),
        },
        { heading: 'After', cell: ({ expectation }) => faultText(expectation.after, summary) },
        {
          heading: 'Fired',
          cell: ({ detectedAfterNs, awayNs, expectation }) =>
            element(
              'span',
              {},
              timeText(detectedAfterNs, expectation.withinNs, alerts.factor),
              awayNs !== undefined &&
                element('small', {}, `did not fire for ${formatDuration(awayNs)} meanwhile`),
            ),
        },
        {
          heading: 'Told',
          cell: ({ notifiedAfterNs, receiver }) =>
            notifiedAfterNs === undefined
              ? NOTHING
              : element(
                  'span',
                  {},
                  formatDuration(notifiedAfterNs),
                  element('small', {}, `${receiver}, ${dividedBy(alerts.factor)}`),
                ),
        },
        {
          heading: 'Resolved',
          title: 'After the fault was healed',
          cell: ({ resolvedAfterNs, expectation }) =>
            timeText(resolvedAfterNs, expectation.resolvesWithinNs, alerts.factor),
        },
        {
          heading: 'Outcome',
          cell: ({ verdict, detail }) =>
            element(
              'span',
              {},
              outcomeMark(OUTCOMES[verdict][0], OUTCOMES[verdict][1]),
              verdict !== 'met' && element('small', {}, detail),
            ),
        },
      ],
    }),
    ...unexpected.map((text) => element('p', {}, outcomeMark('fail', 'unexpected'), ` ${text}`)),
    only && unexpected.length === 0 && element('p', {}, outcomeMark('pass', 'held'), ' no other page fired'),
    fired.length > 0 && firedTable(alerts, summary),
  );
}

function timesNote({ factor, times, versions }: AlertsSummary): string {
  const { scrapeNs, evaluationNs, groupWaitNs, groupIntervalNs } = times;
  const ms = formatDuration;
  return (
    `Every time of the rules and of the routing was divided by ${factor}: scraped every ${ms(scrapeNs)}, rules evaluated every ` +
    `${ms(evaluationNs)}, groups of notifications wait for ${ms(groupWaitNs)} and then ${ms(groupIntervalNs)} at the most. ` +
    `What stands here are times of this run. Prometheus ${versions.prometheus}, Alertmanager ${versions.alertmanager}.`
  );
}

/** In one piece, wherever a line ends. */
const dividedBy = (factor: number): string => `times\u00a0÷\u00a0${factor}`;

function timeText(ns: number | undefined, withinNs: number | undefined, factor: number): HTMLElement {
  if (ns === undefined) return element('span', { class: 'quiet' }, NOTHING);
  const bound = withinNs === undefined ? '' : `within ${formatDuration(withinNs)}, `;
  return element(
    'span',
    {},
    ns === 0 ? 'before it was healed' : formatDuration(ns),
    element('small', {}, `${bound}${dividedBy(factor)}`),
  );
}

function faultText(id: string, { faults }: Summary): HTMLElement {
  const fault = faults.find((each) => each.id === id);
  return element(
    'span',
    {},
    fault === undefined ? id : [fault.kind, ...fault.targets].join(' '),
    fault !== undefined && element('small', {}, id),
  );
}

function firedTable({ fired, unlisted = 0 }: AlertsSummary, { faults }: Summary): HTMLElement {
  const bands = faultBands(faults, Number.POSITIVE_INFINITY);
  const title =
    unlisted > 0
      ? `The first ${fired.length} of ${fired.length + unlisted} that fired`
      : `Everything that fired: ${fired.length}`;
  return element(
    'details',
    {},
    element('summary', {}, title),
    dataTable<FiredAlertSummary>({
      caption: 'Every time an alert fired',
      rows: fired,
      columns: [
        { heading: 'Alert', cell: ({ alert }) => alert },
        { heading: 'Severity', cell: ({ severity = NOTHING }) => severity },
        {
          heading: 'Labels',
          cell: ({ labels: { severity: _, ...labels } }) =>
            Object.entries(labels)
              .map(([name, value]) => `${name} ${value}`)
              .join(', '),
        },
        {
          heading: 'Fired',
          cell: ({ firedAtNs, resolvedAtNs }) =>
            `${formatStopwatch(firedAtNs / 1e9)} to ${resolvedAtNs === null ? 'the end' : formatStopwatch(resolvedAtNs / 1e9)}`,
        },
        {
          heading: 'During',
          cell: ({ firedAtNs, resolvedAtNs }) =>
            faultsDuring(firedAtNs / 1e9, resolvedAtNs === null ? Infinity : resolvedAtNs / 1e9, bands),
        },
      ],
    }),
  );
}
