import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** All our dashboards carry it; the menu of links shows those that do. */
export const DASHBOARD_TAG = 'cim';

/** The menu with the other dashboards, which keep the time and the variables they know. */
export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('CIM dashboards')
    .type(DashboardLinkType.Dashboards)
    .icon('external link')
    .tooltip('The other dashboards, at the same time')
    .tags([DASHBOARD_TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

/** From a series to the dashboard that is about one of its labels: `var-domain=orders`. */
export function toDashboard(
  title: string,
  uid: string,
  variable: string,
  value: string,
): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}?$\{__url_time_range}&var-${variable}=${value}`);
}

/** The value of a label of the series that was clicked. */
export const labelOfSeries = (label: string): string => `$\{__field.labels.${label}}`;
/** The value of a column of the row that was clicked. */
export const cellOfRow = (column: string): string => `$\{__data.fields["${column}"]}`;
