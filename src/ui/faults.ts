import { formatDuration, formatStopwatch } from '../base/units.js';
import type { Evidence } from '../contracts/fault.js';
import { RECOVERY_STEPS, type RecoverySteps } from '../contracts/run-result.js';
import type { FaultSummary, Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { countText, NOTHING } from './figures.js';
import { outcomeMark } from './outcome-mark.js';

const STATUS = {
  reverted: { tone: 'pass', word: 'reverted' },
  'no-effect': { tone: 'fail', word: 'had no effect' },
  refused: { tone: 'fail', word: 'refused' },
  'not-run': { tone: 'open', word: 'not run' },
  failed: { tone: 'fail', word: 'failed' },
  unreverted: { tone: 'fail', word: 'not reverted' },
} as const;

/** Each fault: on whom, when, the proof that it took hold and that it is gone, and how long the load felt it. */
export function faultsSection({ faults }: Summary): HTMLElement | undefined {
  if (faults.length === 0) return undefined;
  return section(
    'faults',
    'Faults',
    dataTable<FaultSummary>({
      caption: 'Faults, with what was seen from outside',
      rows: faults,
      columns: [
        {
          heading: 'Fault',
          cell: ({ kind, target, targets, byHand }) =>
            element(
              'span',
              {},
              kind,
              element('small', {}, targetText(target, targets)),
              byHand !== undefined && element('small', {}, `by hand of ${byHand}`),
            ),
        },
        { heading: 'Held', cell: heldText, tone: () => 'held' },
        { heading: 'Seen before', cell: ({ before }) => evidenceList(before) },
        { heading: 'Seen while it held', cell: ({ during }) => evidenceList(during) },
        { heading: 'Seen after', cell: ({ after }) => evidenceList(after) },
        { heading: 'Recovery', cell: recoveryText, tone: () => 'told' },
        {
          heading: 'Outcome',
          tone: () => 'told',
          cell: ({ status, detail }) =>
            element(
              'span',
              {},
              outcomeMark(STATUS[status].tone, STATUS[status].word),
              detail !== undefined && element('small', {}, detail),
            ),
        },
      ],
    }),
  );
}

/** How it was named, and whom that turned out to be, unless that is said already, as in `minority: n1 (drawn)`. */
function targetText(target: string, targets: readonly string[]): string {
  const names = targets.join(', ');
  const named = target.replace(/ \(drawn\)$/, '');
  const isSaid = names === '' || named === names || named.endsWith(`: ${names}`);
  return isSaid ? target : `${target}: ${names}`;
}

function heldText({ injectedAtNs, revertedAtNs }: FaultSummary): string {
  if (injectedAtNs === null) return NOTHING;
  const to = revertedAtNs === null ? 'the end' : formatStopwatch(revertedAtNs / 1e9);
  return `${formatStopwatch(injectedAtNs / 1e9)} to ${to}`;
}

function evidenceList(evidence: Evidence | undefined): HTMLElement {
  if (!evidence || evidence.looks.length === 0) return element('span', { class: 'quiet' }, 'not looked at');
  const list = element('ul', { class: evidence.holds ? 'looks' : 'looks unproven' });
  for (const { at, saw } of evidence.looks)
    list.append(element('li', {}, element('span', { class: 'quiet' }, `${at}: `), saw));
  return list;
}

function recoveryText({ recovery, injectedAtNs }: FaultSummary): HTMLElement {
  if (injectedAtNs === null) return element('span', { class: 'quiet' }, NOTHING);
  const { ns, troubledOperations, firstReason } = recovery;
  if (ns === undefined) return element('span', { class: 'bad' }, 'not before the load ended');
  if (ns === 0) return element('span', {}, 'nobody felt it');
  const steps = stepsText(recovery.steps);
  const detail = `${countText(troubledOperations)} operations in trouble${firstReason === undefined ? '' : `, first: ${firstReason}`}`;
  return element(
    'span',
    {},
    formatDuration(ns),
    element('small', {}, detail),
    steps !== '' && element('small', {}, steps),
  );
}

/** `first trouble after 80 ms, detected after 1 s, leader elected after 4 s`. */
function stepsText(steps: RecoverySteps | undefined): string {
  return RECOVERY_STEPS.flatMap(([step, words]) => {
    const ns = steps?.[step];
    return ns === undefined ? [] : [`${words} after ${formatDuration(ns)}`];
  }).join(', ');
}
