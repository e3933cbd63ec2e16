import { formatStopwatch } from '../base/units.js';
import { type Anomaly, MEANINGS } from './anomalies.js';
import { dataTable } from './data-table.js';
import { element } from './dom.js';
import { type FaultBand, faultsDuring } from './fault-bands.js';
import { countText } from './figures.js';

interface Row {
  readonly second: number;
  readonly count: number;
  readonly anomaly: Anomaly;
}

/** The figures behind the lanes, second by second; folded away until somebody asks. */
export function anomalyTable(anomalies: readonly Anomaly[], bands: readonly FaultBand[]): HTMLElement {
  const rows = anomalies
    .flatMap((anomaly) => anomaly.set.overTime.map(([second, count]): Row => ({ second, count, anomaly })))
    .sort((a, b) => a.second - b.second);
  const table = dataTable<Row>({
    caption: 'What the checks found, second by second',
    rows,
    columns: [
      { heading: 'Second', cell: ({ second }) => formatStopwatch(second) },
      { heading: 'Check', cell: ({ anomaly }) => anomaly.check },
      { heading: 'Found', cell: ({ anomaly }) => anomaly.set.name },
      {
        heading: 'Meaning',
        cell: ({ anomaly }) => MEANINGS[anomaly.set.meaning].word,
        tone: ({ anomaly }) => (anomaly.set.meaning === 'violation' ? 'bad' : undefined),
      },
      { heading: 'Count', numeric: true, cell: ({ count }) => countText(count) },
      { heading: 'During', cell: ({ second }) => faultsDuring(second, second + 1, bands) },
    ],
  });
  return element('details', {}, element('summary', {}, 'What the checks found, as a table'), table);
}
