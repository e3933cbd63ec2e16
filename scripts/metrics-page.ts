import type { MetricDescription } from '../src/contracts/metric.js';
import { EVENT_METRICS } from '../src/monitor/catalog/event-metrics.js';
import { GPU_METRICS } from '../src/monitor/catalog/gpu-metrics.js';
import { RUN_METRICS } from '../src/monitor/catalog/run-metrics.js';
import { SERVER_METRICS } from '../src/monitor/catalog/server-metrics.js';
import { exporterSection } from './metrics-page/exporter-section.js';
import { unitOf } from './metrics-page/unit-of.js';

const INTRODUCTION = `<!-- Made by \`npm run metrics\` from src/monitor/catalog: a change goes there. -->

# Every metric

What the monitor serves on \`/metrics\`; [monitoring.md](monitoring.md) says how it comes about. A metric of which nothing is known yet
is not on the page.

- **Type.** A \`histogram\` has \`_bucket\` (with the label \`le\`), \`_sum\` and \`_count\` behind its name. A \`summary\` has quantiles that
  somebody else took, each under its own name with the label \`quantile\`.
- **Unit.** What one unit of the value is. \`count\`: a number of what the last column names; a counter (\`…_total\`) only rises, from 0.
- **Labels.** \`domain\` and \`type\` are the tokens of the subject that the pattern names.
- **Source.** What it is made of: events, by their subjects or fields; an endpoint of a server; or the monitor itself.
`;

interface Section {
  readonly title: string;
  readonly before: string;
  readonly metrics: readonly MetricDescription[];
}

const ofEvents = (prefix: RegExp): readonly MetricDescription[] =>
  EVENT_METRICS.filter(({ name }) => prefix.test(name));

const SECTIONS: readonly Section[] = [
  {
    title: 'Events',
    before:
      'The buckets of lag reach from 250 µs to 30 s. `load` is that of stamped events, `unknown` for writers of no known load; numbers of ' +
      '[others](monitoring.md#what-is-missing) have `load="unknown"` and the domain of their source.',
    metrics: ofEvents(/^cim_events?_/),
  },
  {
    title: 'Workflows',
    before:
      'By correlation ids ([Workflows](monitoring.md#workflows)). The buckets of durations reach from 10 ms to a day.',
    metrics: ofEvents(/^cim_workflow_/),
  },
  {
    title: 'Agents',
    before:
      'By the agents that events name ([Agents](monitoring.md#agents)). The buckets of latency reach from 250 µs to 30 s.',
    metrics: ofEvents(/^cim_agent_/),
  },
  { title: 'The monitor itself', before: '', metrics: ofEvents(/^cim_monitor_/) },
  {
    title: 'NATS: what the exporter does not tell',
    before:
      'What `kind`, `account`, `stream` and `consumer` are, and when a leader is one: [NATS metrics](monitoring.md#nats-metrics).',
    metrics: SERVER_METRICS,
  },
  {
    title: 'Runs of stormglass',
    before:
      'Of every run whose events are heard ([What stormglass says itself](monitoring.md#what-stormglass-says-itself)).',
    metrics: RUN_METRICS,
  },
  {
    title: 'GPUs',
    before:
      'The monitor makes none of these by itself: a [declaration](monitoring.md#gpus) says which of your events they are made of.',
    metrics: GPU_METRICS,
  },
];

/** The whole of docs/metrics.md. */
export async function metricsPage(): Promise<string> {
  const ours = SECTIONS.map(({ title, before, metrics }) =>
    [`## ${title}`, ...(before === '' ? [] : [before]), tableOf(metrics)].join('\n\n'),
  );
  const own =
    '## Metrics of your own\n\nName, type, unit, labels and source are what their [declaration](monitoring.md#metrics-of-your-own) says.';
  return `${[INTRODUCTION.trimEnd(), ...ours, await exporterSection(), own].join('\n\n')}\n`;
}

function tableOf(metrics: readonly MetricDescription[]): string {
  const rows = metrics.map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ') || 'none';
    return [`\`${metric.name}\``, metric.type, unitOf(metric), labels, metric.source, metric.help].join(
      ' | ',
    );
  });
  return [
    '| metric | type | unit | labels | source | what it says |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
