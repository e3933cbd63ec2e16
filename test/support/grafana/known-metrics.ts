import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { MONITOR_SECTIONS } from '../../../src/app/plugins.js';
import type { MetricDescription } from '../../../src/contracts/metric.js';
import { EVENT_METRICS } from '../../../src/monitor/catalog/event-metrics.js';
import { GPU_METRICS } from '../../../src/monitor/catalog/gpu-metrics.js';
import { RUN_METRICS } from '../../../src/monitor/catalog/run-metrics.js';
import { SERVER_METRICS } from '../../../src/monitor/catalog/server-metrics.js';
import { parseMonitorConfig } from '../../../src/scenario/resolve-monitor.js';

const MONITOR_YAML = fileURLToPath(new URL('../../../monitoring/monitor.yaml', import.meta.url));

/**
 * Every name of our catalogs with its labels, a histogram under those of its series, and what a configuration of the monitor makes of
 * fields of events.
 */
export function catalogMetrics(
  configuration = readFileSync(MONITOR_YAML, 'utf8'),
): Map<string, readonly string[]> {
  const all: readonly MetricDescription[] = [
    ...EVENT_METRICS,
    ...SERVER_METRICS,
    ...RUN_METRICS,
    ...GPU_METRICS,
  ];
  const named = ({ name, type, labels }: Named): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]];
  return new Map([...all, ...declaredIn(configuration)].flatMap(named));
}

type Named = Pick<MetricDescription, 'name' | 'type' | 'labels'>;

/** @throws ScenarioError as the monitor does, where the file is no configuration */
function declaredIn(configuration: string): Named[] {
  parseMonitorConfig(configuration, 'monitoring/monitor.yaml', MONITOR_SECTIONS);
  const { metrics = [] } = parse(configuration) as { metrics?: DeclaredMetric[] };
  return metrics.map(({ name, type, labels = {} }) => ({ name, type, labels: Object.keys(labels) }));
}

interface DeclaredMetric extends Pick<MetricDescription, 'name' | 'type'> {
  readonly labels?: Readonly<Record<string, string>>;
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string }[];
  }[];
}

/** Names that the shipped rules record. */
export function recordedNames(rulesFolder: string): Set<string> {
  const files = readdirSync(rulesFolder).filter((name) => name.endsWith('.yaml'));
  return new Set(
    files
      .map((name) => parse(readFileSync(join(rulesFolder, name), 'utf8')) as Rules)
      .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []))),
  );
}

const ON_STREAM = ['server_id', 'server_name', 'cluster', 'account', 'stream_name', 'is_stream_leader'];

/** The labels of prometheus-nats-exporter's names, by how these begin. */
export function exporterLabels(metric: string): readonly string[] | undefined {
  if (metric.startsWith('gnatsd_')) return ['server_id'];
  if (metric.startsWith('jetstream_stream_')) return ON_STREAM;
  if (metric.startsWith('jetstream_consumer_')) return [...ON_STREAM, 'consumer_name', 'is_consumer_leader'];
  return undefined;
}
