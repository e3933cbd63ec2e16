import { formatByteRate, formatDuration, formatRate } from '../base/units.js';
import type { StageResult } from '../contracts/run-result.js';
import type { LoadSummary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';

interface StageRow {
  readonly load: string;
  readonly stage: StageResult;
}

/** Loads whose rate changes: what each stage asked for, and what got through. */
export function stageFigures(loads: readonly LoadSummary[]): HTMLElement[] {
  const rows = loads.flatMap(({ name, stages = [] }) =>
    stages.map((stage): StageRow => ({ load: name, stage })),
  );
  if (rows.length === 0) return [];
  return [
    dataTable<StageRow>({
      caption: 'What each stage of a load asked for, and what got through',
      rows,
      columns: [
        { heading: 'Stage of', cell: ({ load }) => load },
        {
          heading: 'From',
          numeric: true,
          cell: ({ stage }) => formatDuration(stage.fromNs).replace(/^0 ns$/, '0 s'),
        },
        { heading: 'For', numeric: true, cell: ({ stage }) => formatDuration(stage.durationNs) },
        { heading: 'Asked', numeric: true, cell: ({ stage }) => asked(stage) },
        { heading: 'Due', numeric: true, cell: ({ stage }) => formatRate(stage.duePerSec) },
        {
          heading: 'Done',
          title: 'Acknowledged, or written and drained where nothing acknowledges',
          numeric: true,
          cell: ({ stage }) => formatRate(stage.okPerSec),
          tone: ({ stage }) => (stage.isKept ? undefined : 'bad'),
        },
        { heading: 'Payload', numeric: true, cell: ({ stage }) => formatByteRate(stage.okBytesPerSec) },
      ],
    }),
  ];
}

function asked({ unit, fromPerSec, toPerSec }: StageResult): string {
  const rate = unit === 'bytes' ? formatByteRate : formatRate;
  return fromPerSec === toPerSec ? rate(toPerSec) : `${rate(fromPerSec)} to ${rate(toPerSec)}`;
}
