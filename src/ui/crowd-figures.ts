import { formatInteger } from '../base/units.js';
import type { CrowdResult } from '../contracts/run-result.js';
import type { LoadSummary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';

interface CrowdRow {
  readonly load: string;
  readonly crowd: CrowdResult;
}

/** Loads of many clients: agents are not sockets. */
export function crowdFigures(loads: readonly LoadSummary[]): HTMLElement[] {
  const rows = loads.flatMap(({ name, crowd }): CrowdRow[] => (crowd ? [{ load: name, crowd }] : []));
  if (rows.length === 0) return [];
  return [
    dataTable<CrowdRow>({
      caption: 'Agents, and the sockets that they have',
      rows,
      columns: [
        { heading: 'Load', cell: ({ load }) => load },
        { heading: 'Agents', numeric: true, cell: ({ crowd }) => formatInteger(crowd.agents) },
        { heading: 'Sockets', numeric: true, cell: ({ crowd }) => formatInteger(crowd.sockets) },
        {
          heading: 'Processes',
          title: 'Generator processes beside the threads of stormglass, where its open files did not suffice',
          numeric: true,
          cell: ({ crowd }) => formatInteger(crowd.processes),
        },
        {
          heading: 'Per agent',
          title: 'What stormglass keeps of one agent, beside its socket',
          numeric: true,
          cell: ({ crowd }) => `${formatInteger(crowd.bytesPerAgent)} B`,
        },
      ],
    }),
  ];
}
