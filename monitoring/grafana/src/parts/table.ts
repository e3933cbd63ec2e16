import { TableCellHeight } from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLink, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { type PanelFace, withFace } from './panel-face.js';
import { rows } from './prometheus-query.js';
import { refIdOf } from './ref-ids.js';

/** A column: the values of a label, or the figures of an expression. */
export type TableColumn = TableLooks & ({ readonly label: string } | { readonly expr: string });

interface TableLooks {
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

export interface TableFace extends Omit<PanelFace, 'queries'> {
  readonly columns: readonly TableColumn[];
  /** Title of the column, largest first. */
  readonly sortBy: string;
}

/** The rows of all expressions, joined by their labels; only the named columns are shown, in their order. */
export function table(face: TableFace): PanelBuilder {
  const exprs = face.columns.flatMap((column) => ('expr' in column ? [column.expr] : []));
  // Grafana names the value of a query "Value #A", except where it is the only one.
  const fieldOf = (column: TableColumn): string => {
    if ('label' in column) return column.label;
    return exprs.length === 1 ? 'Value' : `Value #${refIdOf(exprs.indexOf(column.expr))}`;
  };
  const panel = withFace(new PanelBuilder(), { ...face, queries: exprs.map(rows) })
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

function looksOf(column: TableLooks): DynamicConfigValue[] {
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
