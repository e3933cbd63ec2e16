import {
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './data-sources.js';
import { WHY_EMPTY, type WhyEmpty } from './why-empty.js';

export interface LabelVariable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** The values of this label of these series: `cim_events_total`. */
  readonly of: string;
  /** The label; `name` unless given. */
  readonly labelName?: string;
  /** One value only, for a dashboard that is about one thing. */
  readonly single?: boolean;
  readonly empty?: WhyEmpty;
}

/** A choice among the values of a label; several at once and All, unless it is single. All is any value, not a list of them. */
export function labelVariable(variable: LabelVariable): QueryVariableBuilder {
  const label = variable.labelName ?? variable.name;
  const builder = new QueryVariableBuilder(variable.name)
    .label(variable.label)
    .description(
      variable.empty === undefined
        ? variable.description
        : `${variable.description} ${WHY_EMPTY[variable.empty]}`,
    )
    .datasource(PROMETHEUS)
    .query({
      qryType: 1,
      query: `label_values(${variable.of}, ${label})`,
      refId: `variable-${variable.name}`,
    })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
  if (variable.single) return builder.multi(false).includeAll(false);
  return builder
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: ['All'], value: ['$__all'] });
}
