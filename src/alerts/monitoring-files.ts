import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UsageError } from '../base/errors.js';

const ruleSchema = z.looseObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.union([z.string(), z.number()]).transform(String),
  for: z.string().optional(),
  keep_firing_for: z.string().optional(),
  labels: z.record(z.string(), z.coerce.string()).optional(),
});

const groupSchema = z.looseObject({
  name: z.string(),
  interval: z.string().optional(),
  rules: z.array(ruleSchema).default([]),
});

const rulesSchema = z.looseObject({ groups: z.array(groupSchema).default([]) });

export type Rule = z.output<typeof ruleSchema>;
export type RuleGroup = z.output<typeof groupSchema>;
export type RulesText = z.output<typeof rulesSchema>;

export interface RuleFile {
  readonly path: string;
  readonly rules: RulesText;
}

type Yaml = Readonly<Record<string, unknown>>;

/** Prometheus' and Alertmanager's configuration and rules, as they stand in their files. */
export interface MonitoringFiles {
  /** For people: the folder. */
  readonly place: string;
  readonly rules: readonly RuleFile[];
  readonly prometheus: Yaml;
  readonly alertmanager: Yaml;
}

const ENDINGS = ['.yml', '.yaml'];

/**
 * Reads a folder of monitoring as code. What `rule_files` of its prometheus.yml names are its rules; without a prometheus.yml, every YAML file in
 * it that has `groups` is. A configuration that it has not is taken from `fallback`.
 * @throws UsageError that says what is not there, or not as Prometheus has it
 */
export function readMonitoringFiles(dir: string, fallback: string): MonitoringFiles {
  if (!existsSync(dir)) throw new UsageError(`${dir} is not there`);
  const own = findFile(dir, 'prometheus');
  const prometheusFile = own ?? findFile(fallback, 'prometheus');
  const alertmanagerFile = findFile(dir, 'alertmanager') ?? findFile(fallback, 'alertmanager');
  if (prometheusFile === undefined) throw new UsageError(`${dir} has no prometheus.yml`);
  if (alertmanagerFile === undefined) throw new UsageError(`${dir} has no alertmanager.yml`);
  const prometheus = readYaml(prometheusFile);
  const files = own === undefined ? yamlFilesIn(dir) : namedRuleFiles(own, prometheus);
  const rules = files.flatMap((path): RuleFile[] => {
    const value = readYaml(path);
    if (own === undefined && !('groups' in value)) return [];
    const parsed = rulesSchema.safeParse(value);
    if (parsed.success) return [{ path, rules: parsed.data }];
    const { path: place = [], message = '' } = parsed.error.issues[0] ?? {};
    throw new UsageError(`${path}: ${place.join('.')}: ${message}`, {
      hint: `\`promtool check rules ${path}\` says what Prometheus thinks of it`,
    });
  });
  if (rules.length === 0) throw new UsageError(`${dir} has no rules: no YAML file with \`groups\``);
  return { place: dir, rules, prometheus, alertmanager: readYaml(alertmanagerFile) };
}

const findFile = (dir: string, name: string): string | undefined =>
  ENDINGS.map((ending) => join(dir, name + ending)).find((path) => existsSync(path));

const yamlFilesIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => ENDINGS.some((ending) => name.endsWith(ending)))
    .sort()
    .map((name) => join(dir, name));

/** Prometheus takes a pattern for the last part of a path. */
function namedRuleFiles(file: string, { rule_files: patterns = [] }: Yaml): string[] {
  return z
    .array(z.string())
    .parse(patterns)
    .flatMap((pattern) => {
      const path = resolve(dirname(file), pattern);
      if (!basename(path).includes('*')) return [path];
      const escaped = basename(path)
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replace(/\*/g, '.*');
      const matching = new RegExp(`^${escaped}$`);
      const names = existsSync(dirname(path)) ? readdirSync(dirname(path)) : [];
      return names
        .filter((name) => matching.test(name))
        .sort()
        .map((name) => join(dirname(path), name));
    });
}

function readYaml(path: string): Yaml {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path}: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Yaml;
  throw new UsageError(`${path} is no configuration: it has no keys`);
}
