import type { DashboardJson } from './dashboard-json.js';
import type { VariableValue } from './interpolate.js';

/** What the variables of a dashboard are before anybody chooses: All, or what stands in the dashboard. */
export function initialVariables(dashboard: DashboardJson): Map<string, VariableValue> {
  return new Map(
    dashboard.templating.list.map(({ name, includeAll, allValue, current }): [string, VariableValue] => {
      if (includeAll && allValue !== undefined) return [name, { all: allValue }];
      const value = current?.value;
      return [name, typeof value === 'string' ? value : ''];
    }),
  );
}
