import { stringify } from 'yaml';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const WRITTEN = '# Written by `npm run monitoring`: do not change it here.\n';

/** A rules file of Prometheus, with what it is in its first lines. */
export function rulesFile(comment: readonly string[], groups: readonly RuleGroup[]): string {
  const head = comment.map((line) => `# ${line}`.trimEnd()).join('\n');
  return `${WRITTEN}${head}\n${stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
