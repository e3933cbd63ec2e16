import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MetricDescription } from '../../../src/contracts/metric.js';
import { EVENT_METRICS } from '../../../src/monitor/catalog/event-metrics.js';
import { GPU_METRICS } from '../../../src/monitor/catalog/gpu-metrics.js';
import { RUN_METRICS } from '../../../src/monitor/catalog/run-metrics.js';
import { SERVER_METRICS } from '../../../src/monitor/catalog/server-metrics.js';

/** Every name of our catalogs with its labels, a histogram under those of its series. */
export function catalogMetrics(): Map<string, readonly string[]> {
  const all: readonly MetricDescription[] = [
    ...EVENT_METRICS,
    ...SERVER_METRICS,
    ...RUN_METRICS,
    ...GPU_METRICS,
  ];
  return new Map(
    all.flatMap(({ name, type, labels }): [string, readonly string[]][] =>
      type === 'histogram'
        ? [
            [`${name}_bucket`, [...labels, 'le']],
            [`${name}_sum`, labels],
            [`${name}_count`, labels],
          ]
        : [[name, labels]],
    ),
  );
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
