import { WHY_EMPTY, type WhyEmpty } from '../../../monitoring/grafana/src/parts/why-empty.js';
import type { DashboardJson } from './dashboard-json.js';

/** A query that Grafana sends to Prometheus for a dashboard. */
export interface DashboardQuery {
  /** For people: `cim-events: Lag, p99 (A)`. */
  readonly where: string;
  readonly expr: string;
  /** The last value, or values over the time shown. */
  readonly isInstant: boolean;
  /** With the exemplars of its histogram. */
  readonly hasExemplars?: boolean;
  /** Why it may be empty, as its panel says. */
  readonly empty?: WhyEmpty;
}

/** Of every panel and of every annotation. */
export function prometheusQueries(dashboard: DashboardJson): DashboardQuery[] {
  const ofPanels = dashboard.panels.flatMap((panel) =>
    (panel.targets ?? [])
      .filter(({ datasource }) => datasource?.type === 'prometheus')
      .map((target) => ({
        where: `${dashboard.uid}: ${panel.title} (${target.refId})`,
        expr: target.expr ?? '',
        isInstant: target.instant === true,
        hasExemplars: target.exemplar === true,
        ...emptiness(panel.description),
      })),
  );
  const ofAnnotations = dashboard.annotations.list.map(({ name, expr = '' }) => ({
    where: `${dashboard.uid}: annotation ${name}`,
    expr,
    isInstant: false,
  }));
  return [...ofPanels, ...ofAnnotations];
}

/** What a description of a panel or a variable says of when there is nothing to show. */
export function emptiness(description = ''): { readonly empty?: WhyEmpty } {
  for (const [empty, words] of Object.entries(WHY_EMPTY)) {
    if (description.endsWith(words)) return { empty: empty as WhyEmpty };
  }
  return {};
}
