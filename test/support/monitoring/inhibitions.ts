import { readYaml } from './shipped-rules.js';

export interface Matcher {
  readonly label: string;
  readonly values: readonly string[];
}

export interface Inhibition {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal?: readonly string[];
}

/** inhibit_rules of the shipped alertmanager.yml, whose matchers are `label="value"` or `label=~"one|another"`. */
export function inhibitions(): Inhibition[] {
  const { inhibit_rules } = readYaml('alertmanager.yml') as { inhibit_rules: InhibitRule[] };
  return inhibit_rules.map(({ source_matchers, target_matchers, equal = [] }) => ({
    source: source_matchers.map(matcher),
    target: target_matchers.map(matcher),
    equal,
  }));
}

function matcher(text: string): Matcher {
  const [, label, values] = /^(\w+)=~?"([\w|-]+)"$/.exec(text) ?? [];
  if (label === undefined || values === undefined)
    throw new Error(`not a matcher that these tests know: ${text}`);
  return { label, values: values.split('|') };
}

/** A label that the rule does not fix may have the value that is asked for. */
export const matches = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every(({ label, values }) => {
    const value = labels[label];
    return value === undefined || values.includes(value);
  });
