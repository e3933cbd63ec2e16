import type { VariableJson } from './dashboard-json.js';

/** `label_values(metric{…}, label)`, which is all that our variables ask. */
export interface LabelValuesQuery {
  readonly series: string;
  readonly label: string;
}

/** @throws Error when the variable asks something else */
export function labelValuesOf({ name, query }: VariableJson): LabelValuesQuery {
  const text = typeof query === 'object' ? query.query : (query ?? '');
  const match = /^label_values\((.+),\s*(\w+)\)$/.exec(text);
  if (match === null) throw new Error(`the variable ${name} asks ${text}`);
  return { series: match[1] as string, label: match[2] as string };
}
