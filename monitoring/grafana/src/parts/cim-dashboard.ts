import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
  TimePickerBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheusVariable } from './data-sources.js';
import { DASHBOARD_TAG, otherDashboards } from './links.js';
import { FAULTS, markQuery, PAGES } from './marks.js';

/** Panels that answer one question, under a headline. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface CimDashboard {
  /** Of the file and the address: `cim-events`. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly variables: readonly Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

/** What our dashboards have in common: time, refresh, links, the marks of faults and pages. */
export function cimDashboard(plan: CimDashboard): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags([DASHBOARD_TAG, ...plan.tags])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-30m', to: 'now' })
    .timepicker(new TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m', '5m', '15m']))
    .refresh('10s')
    .version(1)
    .link(otherDashboards())
    .annotation(markQuery(FAULTS))
    .annotation(markQuery(PAGES))
    .withVariable(prometheusVariable());
  for (const variable of plan.variables) builder.withVariable(variable);
  for (const { title, panels } of plan.sections) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return numbered(builder.build());
}

/** Panels are known by number in addresses (`viewPanel`); given here, they are the same each time. */
function numbered(dashboard: Dashboard): Dashboard {
  dashboard.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return dashboard;
}
