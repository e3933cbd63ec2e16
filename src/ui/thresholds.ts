import type { ThresholdResult } from '../contracts/run-result.js';
import type { Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { section } from './dom.js';
import { outcomeMark } from './outcome-mark.js';

const OUTCOMES = {
  pass: ['pass', 'held'],
  fail: ['fail', 'missed'],
  'no-data': ['open', 'no data'],
} as const;

/** Each threshold as the scenario has it, and what was measured. */
export function thresholdsSection({ thresholds }: Summary): HTMLElement | undefined {
  if (thresholds.length === 0) return undefined;
  return section(
    'thresholds',
    'Thresholds',
    dataTable<ThresholdResult>({
      caption: 'Thresholds and what was measured',
      rows: thresholds,
      columns: [
        { heading: 'Threshold', cell: ({ text }) => text },
        { heading: 'Measured', cell: ({ measured }) => measured },
        {
          heading: 'Outcome',
          cell: ({ verdict }) => outcomeMark(OUTCOMES[verdict][0], OUTCOMES[verdict][1]),
        },
      ],
    }),
  );
}
