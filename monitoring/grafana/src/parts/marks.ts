import { type AnnotationQuery, defaultAnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './data-sources.js';

/** What happened at a time, drawn over every panel. */
export interface Mark {
  readonly name: string;
  readonly expr: string;
  readonly color: string;
  /** With labels: `{{kind}} {{target}}`. */
  readonly title: string;
}

/** Time in which a fault of a run held. */
export const FAULTS: Mark = {
  name: 'Faults',
  expr: 'max by (fault, kind, target) (cim_stormglass_fault_active) == 1',
  color: 'orange',
  title: '{{fault}}: {{kind}} {{target}}',
};

/** Time in which somebody had to be woken. */
export const PAGES: Mark = {
  name: 'Pages',
  expr: 'max by (alertname) (ALERTS{alertstate="firing",severity="page"})',
  color: 'red',
  title: '{{alertname}}',
};

/** A query of annotations as Grafana's Prometheus data source reads it; the SDK has no fields for what is its own. */
export function markQuery(mark: Mark): { build(): AnnotationQuery } {
  const query = {
    ...defaultAnnotationQuery(),
    name: mark.name,
    datasource: PROMETHEUS,
    enable: true,
    hide: false,
    iconColor: mark.color,
    expr: mark.expr,
    titleFormat: mark.title,
    textFormat: '',
    tagKeys: '',
    useValueForTime: false,
  };
  return { build: () => query };
}
