import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { whyUnprovable } from './known-rules.js';
import type { MonitoringFiles, Rule } from './monitoring-files.js';
import { divideRouting } from './routing.js';
import { divideRules, type RunAddresses, runPrometheus } from './run-configuration.js';

export interface ConfigurationOptions extends RunAddresses {
  readonly dir: string;
  readonly files: MonitoringFiles;
  readonly factor: number;
  readonly webhookOf: (receiver: string) => string;
}

/** Writes prometheus.yml, rules/ and alertmanager.yml as a run has them. What the servers run with stays with the run. */
export function writeConfigurations({
  dir,
  files,
  factor,
  webhookOf,
  ...addresses
}: ConfigurationOptions): void {
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(dir, name), `# Times divided by ${factor}.\n${stringify(value)}`);
  mkdirSync(join(dir, 'rules'), { recursive: true });
  const all = files.rules.flatMap(({ rules }) => rules.groups.flatMap((group) => group.rules));
  const isProvable = (rule: Rule): boolean => whyUnprovable(rule, all) === undefined;
  write('prometheus.yml', runPrometheus(files.prometheus, factor, addresses));
  for (const [i, { path, rules }] of files.rules.entries()) {
    const name = `${String(i + 1).padStart(2, '0')}-${basename(path).replace(/\.ya?ml$/, '')}.yaml`;
    write(join('rules', name), divideRules(rules, factor, isProvable));
  }
  write('alertmanager.yml', divideRouting(files.alertmanager, factor, webhookOf));
}
