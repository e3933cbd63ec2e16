import { DetailLimit } from '../../src/monitor/servers/detail-limit.js';
import { jetStreamFigures } from '../../src/monitor/servers/jetstream-figures.js';
import type { JszDetail } from '../../src/nats/jsz-detail.js';
import { EXPORTED, type ExportedMetric } from '../../test/monitor/servers/exporter-metrics.js';

/** Of which each metric of `jetstream_*` is made. */
const EVERYTHING: JszDetail = {
  account_details: [
    {
      name: 'A',
      stream_detail: [
        {
          name: 'S',
          config: {},
          sources: [{ name: 'O' }],
          mirror: { name: 'M' },
          consumer_detail: [
            {
              name: 'C',
              ts: '2026-01-01T00:00:01Z',
              delivered: { last_active: '2026-01-01T00:00:00Z' },
              ack_floor: { last_active: '2026-01-01T00:00:00Z' },
            },
          ],
        },
      ],
    },
  ],
};

/** Numbers of a server's pages whose unit the page does not say. */
const PLAIN_UNITS: readonly (readonly [ends: RegExp, unit: string])[] = [
  [/_(start|config_load_time)$/, 'Unix time in milliseconds'],
  [/_varz_(auth|tls)_timeout$/, 'seconds'],
  [/_(sync_interval|ping_interval|write_deadline|wait_time|max_wait_time|duration_ns)$/, 'nanoseconds'],
  [/_seconds$/, 'seconds'],
  [/_varz_cpu$/, 'percent of one core'],
  [/(_bytes|_mem|_memory|_storage|_max_payload|_max_pending|_max_control_line|_pending_size)$/, 'bytes'],
  [/_jetstream_disabled$/, '0 or 1'],
  [/_healthz_status$/, '0 (ok) or 1'],
  [/_healthz_status_value$/, '1 (ok) or 0'],
];

const unitOf = (name: string): string => PLAIN_UNITS.find(([ends]) => ends.test(name))?.[1] ?? 'count';

const SOURCES: readonly (readonly [prefix: string, source: string])[] = [
  ['gnatsd_varz_', '/varz'],
  ['gnatsd_routez_', '/routez'],
  ['gnatsd_connz_', '/connz'],
  ['gnatsd_healthz_', '/healthz'],
  ['jetstream_', '/jsz'],
];

/** Those of prometheus-nats-exporter, those of the same labels together. */
export async function exporterSection(): Promise<string> {
  const figures = await jetStreamFigures('n1', 'n1', EVERYTHING, new DetailLimit(1, 1));
  const helps = new Map([...figures.book.families()].map(({ name, help }) => [name, help]));
  const groups = new Map<string, [string, ExportedMetric][]>();
  for (const [name, metric] of EXPORTED) {
    const key = `${sourceOf(name)}: ${metric.labels.map((label) => `\`${label}\``).join(', ')}`;
    groups.set(key, [...(groups.get(key) ?? []), [name, metric]]);
  }
  const tables = [...groups].map(([key, metrics]) => {
    const isPlain = !metrics[0]![0].startsWith('jetstream_');
    const [source, labels] = key.split(': ');
    return [
      `From \`${source}\`, with the label${labels!.includes(',') ? 's' : ''} ${labels}:`,
      isPlain ? plainTable(metrics) : toldTable(metrics, helps),
    ].join('\n\n');
  });
  return [
    '## NATS: those of prometheus-nats-exporter',
    `${EXPORTED.size} metrics, as a nats-server 2.15.2 with JetStream in a cluster has them; another version, or another configuration, has ` +
      'others beside them, since each number of `/varz` and `/routez` becomes one, named after the way to it. What those mean is in the ' +
      '[documentation of NATS](https://docs.nats.io/running-a-nats-service/nats_admin/monitoring); of those with a label `value`, that ' +
      'holds the text. What is different from the exporter: [NATS metrics](monitoring.md#those-of-prometheus-nats-exporter).',
    ...tables,
  ].join('\n\n');
}

function sourceOf(name: string): string {
  const found = SOURCES.find(([prefix]) => name.startsWith(prefix));
  if (found === undefined) throw new Error(`${name}: of which page is it?`);
  return found[1];
}

function plainTable(metrics: readonly (readonly [string, ExportedMetric])[]): string {
  const rows = metrics.map(([name, { type, labels }]) => {
    const isText = labels.includes('value') && !name.endsWith('_status_value');
    const unit = isText ? 'always 1' : unitOf(name);
    return `| \`${name}\` | ${type} | ${unit} |`;
  });
  return ['| metric | type | unit |', '|---|---|---|', ...rows].join('\n');
}

function toldTable(
  metrics: readonly (readonly [string, ExportedMetric])[],
  helps: ReadonlyMap<string, string>,
): string {
  const rows = metrics.map(([name, { type }]) => {
    const help = helps.get(name);
    if (help === undefined) throw new Error(`${name}: the monitor makes no such metric`);
    return `| \`${name}\` | ${type} | ${unitOf(name)} | ${help} |`;
  });
  return ['| metric | type | unit | what it says |', '|---|---|---|---|', ...rows].join('\n');
}
