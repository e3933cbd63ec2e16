import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const MONITORING = fileURLToPath(new URL('../../../monitoring', import.meta.url));

export interface ShippedRule {
  readonly file: string;
  readonly group: string;
  /** Of the group; without one it is as often as Prometheus is told for all. */
  readonly interval?: string;
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ShippedAlert extends ShippedRule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RulesFile {
  readonly groups: readonly {
    readonly name: string;
    readonly interval?: string;
    readonly rules: readonly ShippedRule[];
  }[];
}

export const readYaml = (file: string): unknown => parse(readFileSync(join(MONITORING, file), 'utf8'));

/** Names in a folder of monitoring/, with their path below it. */
export const yamlFilesIn = (folder: string): string[] =>
  readdirSync(join(MONITORING, folder))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));

/** Every rule of monitoring/rules. */
export const shippedRules = (): ShippedRule[] =>
  yamlFilesIn('rules').flatMap((file) =>
    (readYaml(file) as RulesFile).groups.flatMap(({ name, interval, rules }) =>
      rules.map((rule) => ({ ...rule, file, group: name, interval })),
    ),
  );

export const shippedAlerts = (): ShippedAlert[] =>
  shippedRules().filter((rule): rule is ShippedAlert => rule.alert !== undefined);
