import { TableCellHeight } from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLink, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { type PanelFace, withFace } from './panel-face.js';

/** A column of figures: `refId` of its query, or the name of a label. */
export interface TableColumn {
  readonly from: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  /** Shown as a bar in the cell. */
  readonly bar?: boolean;
  /** The figure in the colour of these. */
  readonly thresholds?: PanelFace['thresholds'];
  readonly link?: Pick<DashboardLink, 'title' | 'url'>;
  readonly width?: number;
}

export interface TableFace extends PanelFace {
  readonly columns: readonly TableColumn[];
  /** Title of the column, largest first. */
  readonly sortBy: string;
}

/** Rows of queries made with `rows`, joined by their labels; only the named columns are shown, in their order. */
export function table(face: TableFace): PanelBuilder {
  const single = face.queries.length === 1;
  // Grafana names the value of a query "Value #A", except where it is the only one.
  const fieldOf = ({ from }: TableColumn): string =>
    /^[A-Z]$/.test(from) ? (single ? 'Value' : `Value #${from}`) : from;
  const panel = withFace(new PanelBuilder(), face)
    .filterable(false)
    .cellHeight(TableCellHeight.Sm)
    .sortBy([{ build: () => ({ displayName: face.sortBy, desc: true }) }])
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: face.columns.map(fieldOf) } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(face.columns.map((column, index) => [fieldOf(column), index])),
        renameByName: Object.fromEntries(face.columns.map((column) => [fieldOf(column), column.title])),
      },
    });
  for (const column of face.columns) panel.overrideByName(column.title, looksOf(column));
  return panel;
}

function looksOf(column: TableColumn): DynamicConfigValue[] {
  const looks: DynamicConfigValue[] = [];
  if (column.unit !== undefined) looks.push({ id: 'unit', value: column.unit });
  if (column.decimals !== undefined) looks.push({ id: 'decimals', value: column.decimals });
  if (column.width !== undefined) looks.push({ id: 'custom.width', value: column.width });
  if (column.bar) {
    looks.push({ id: 'custom.cellOptions', value: { type: 'gauge', mode: 'gradient' } });
    looks.push({ id: 'min', value: 0 });
    looks.push({ id: 'color', value: { mode: 'continuous-blues' } });
  } else if (column.thresholds !== undefined) {
    looks.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
    looks.push({ id: 'thresholds', value: { mode: 'absolute', steps: column.thresholds } });
    looks.push({ id: 'color', value: { mode: 'thresholds' } });
  }
  if (column.link !== undefined) looks.push({ id: 'links', value: [column.link] });
  return looks;
}
