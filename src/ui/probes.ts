import { formatDuration } from '../base/units.js';
import type { ProbeResult } from '../contracts/run-result.js';
import type { Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { countText, NOTHING } from './figures.js';
import { outcomeMark } from './outcome-mark.js';

/** What the scenario's own probes showed while the load ran. */
export function probesSection({ probes }: Summary): HTMLElement | undefined {
  if (probes.length === 0) return undefined;
  return section(
    'probes',
    'Steady state',
    dataTable<ProbeResult>({
      caption: 'Probes, and how often they held',
      rows: probes,
      columns: [
        {
          heading: 'Probe',
          cell: ({ name, kind }) => element('span', {}, name, element('small', {}, kind)),
        },
        { heading: 'Without a fault', cell: ({ steady }) => heldText(steady) },
        { heading: 'Under faults', cell: ({ faults }) => heldText(faults) },
        {
          heading: 'Longest away',
          cell: ({ longestAwayNs }) => (longestAwayNs === 0 ? NOTHING : formatDuration(longestAwayNs)),
        },
        {
          heading: 'Outcome',
          cell: ({ missed }) =>
            element(
              'span',
              {},
              outcomeMark(
                missed === undefined ? 'pass' : 'fail',
                missed === undefined ? 'held' : 'did not hold',
              ),
              missed !== undefined && element('small', {}, missed),
            ),
        },
      ],
    }),
  );
}

const heldText = ({ looks, held }: ProbeResult['steady']): string =>
  looks === 0 ? NOTHING : `${countText(held)} of ${countText(looks)} looks`;
