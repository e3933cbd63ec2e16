import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertmanagerInContainer } from './alertmanager-in-container.js';
import { longTermRules } from './long-term-rules.js';
import { prometheusLongTerm } from './prometheus-long-term.js';
import { readSlos } from './slo-file.js';
import { sloRules } from './slo-rules.js';

/** What `npm run monitoring` writes: text by path below monitoring/. */
export function generatedFiles(monitoringDirectory: string): Readonly<Record<string, string>> {
  const read = (file: string) => readFileSync(join(monitoringDirectory, file), 'utf8');
  return {
    'rules/slo.yaml': sloRules(readSlos(read('slos.yaml'))),
    'rules/long-term.yaml': longTermRules(),
    'prometheus-long-term.yml': prometheusLongTerm(read('prometheus.yml')),
    'compose/alertmanager.yml': alertmanagerInContainer(read('alertmanager.yml')),
  };
}
