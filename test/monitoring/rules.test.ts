import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../monitoring/generate/files.js';
import { ALERT_SEVERITIES } from '../../src/contracts/alert.js';
import { EXPORTED } from '../monitor/servers/exporter-metrics.js';
import { catalogMetrics, recordedNames } from '../support/grafana/known-metrics.js';
import { labelsGroupedBy, metricsUsed } from '../support/grafana/promql-names.js';
import { MONITORING, shippedAlerts, shippedRules, yamlFilesIn } from '../support/monitoring/shipped-rules.js';
import { needs, promtool } from '../support/prometheus-tools.js';

const alerts = shippedAlerts();

/** Names that scenarios, dashboards and runbooks hold on to. There may be others. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  events: ['DomainSilent', 'EventErrorRatioHigh', 'EventFailuresHigh', 'EventLagDiscarded', 'EventLagHigh'],
  infrastructure: [
    ...['MonitorBlind', 'MonitorDown', 'NatsConnectionsHigh', 'NatsGroupWithoutLeader', 'NatsNoMetaLeader'],
    ...['NatsNodeDown', 'NatsQuorumLost', 'NatsReplicaLagging', 'NatsReplicaOffline', 'NatsRouteMissing'],
    ...['NatsSlowConsumers', 'NatsStorageFilling', 'NatsUnhealthy'],
  ],
  watch: ['NatsUnwatched'],
  notifications: ['NotificationsFailing'],
  business: ['AgentsMissing', 'WorkflowFailuresHigh', 'WorkflowStalled'],
  gpu: ['GpuAllocationFailures', 'GpuDown', 'GpuHot', 'GpuMemoryFull'],
  predictive: ['ConsumerLagGrowing', 'DiskFullSoon', 'NatsStorageFullSoon'],
  anomaly: ['EventRateAnomaly'],
  slo: ['SloBurnRateFast', 'SloBurnRateSlow'],
};

/** What Prometheus, Alertmanager and node_exporter tell of themselves and their machine, with the labels that rules go by. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  up: [],
  alertmanager_notifications_failed_total: ['integration'],
  prometheus_notifications_dropped_total: [],
  node_filesystem_avail_bytes: ['device', 'fstype', 'mountpoint'],
  node_filesystem_size_bytes: ['device', 'fstype', 'mountpoint'],
};

/** What Prometheus and the rules themselves add, and what rules make of other labels. */
const OTHER_LABELS = ['instance', 'job', 'le', 'server', 'stream', 'consumer', 'slo', 'days', 'kind'];

describe('the shipped rules', () => {
  it.skipIf(promtool === undefined)(`are as Prometheus has them${needs(promtool, 'promtool')}`, () => {
    const files = yamlFilesIn('rules').map((file) => join(MONITORING, file));
    const said = execFileSync(promtool as string, ['check', 'rules', ...files], { encoding: 'utf8' });
    expect(said.match(/SUCCESS: \d+ rules found/g)).toHaveLength(files.length);
  });

  it('are those that `npm run monitoring` writes, where they are made of something else', () => {
    for (const [file, text] of Object.entries(generatedFiles(MONITORING))) {
      const isCurrent = readFileSync(join(MONITORING, file), 'utf8') === text;
      expect(isCurrent, `monitoring/${file} is not current: run \`npm run monitoring\``).toBe(true);
    }
  });

  it('have the alerts that are promised, in their groups', () => {
    for (const [of, promised] of Object.entries(PROMISED)) {
      const names = alerts.flatMap(({ group, alert }) => (group === of ? [alert] : []));
      expect(names, of).toEqual(expect.arrayContaining([...promised]));
    }
  });

  it('are evaluated each minute, where what is counted is minutes', () => {
    const counted = shippedRules().filter(({ record }) =>
      /^slo:(bad|total):rate5m$|:news1m$/.test(record ?? ''),
    );
    expect([...new Set(counted.map(({ group }) => group))].sort()).toEqual(['events-silence', 'slo-events']);
    for (const { record, interval } of counted) expect(interval, record).toBe('1m');
  });

  it('say of each alert how bad it is, what it is, and where a person finds what to do', () => {
    const docs = readFileSync(fileURLToPath(new URL('../../docs/alerts.md', import.meta.url)), 'utf8');
    const anchors = new Set(
      [...docs.matchAll(/^### (.+)$/gm)].map(([, title]) => String(title).toLowerCase()),
    );
    for (const { alert, group, labels, annotations } of alerts) {
      expect(ALERT_SEVERITIES, alert).toContain(labels.severity);
      expect(labels.area, alert).toBe(group);
      expect(annotations.summary?.length, alert).toBeGreaterThan(10);
      expect(annotations.description, alert).toMatch(/\.$/);
      expect(annotations.runbook_url, alert).toBe(
        `{{ with $externalLabels.runbooks }}{{ . }}/{{ end }}docs/alerts.md#${alert.toLowerCase()}`,
      );
      expect([...anchors], 'docs/alerts.md').toContain(alert.toLowerCase());
    }
  });

  it('ask only for metrics that there are, by labels that they have', () => {
    const catalog = catalogMetrics();
    const recorded = recordedNames(join(MONITORING, 'rules'));
    const labelsOf = (metric: string): readonly string[] | undefined => {
      if (recorded.has(metric)) return ['slo', 'domain', 'workflow', 'load', 'group'];
      return FOREIGN[metric] ?? catalog.get(metric) ?? EXPORTED.get(metric)?.labels;
    };
    const wrong: string[] = [];
    for (const { expr, alert, record } of shippedRules()) {
      const where = alert ?? record;
      const there = new Set<string>(OTHER_LABELS);
      for (const { metric, labels } of metricsUsed(expr)) {
        const has = labelsOf(metric);
        if (has === undefined) wrong.push(`${where}: no metric ${metric}`);
        for (const label of has ?? []) there.add(label);
        for (const label of labels) {
          if (!has?.includes(label) && !['job', 'le'].includes(label))
            wrong.push(`${where}: no ${label} in ${metric}`);
        }
      }
      for (const label of labelsGroupedBy(expr))
        if (!there.has(label)) wrong.push(`${where}: no label ${label}`);
    }
    expect(wrong).toEqual([]);
  });

  it('compare bounds of buckets as text that every Prometheus writes alike: 0.5, and not 1, which 3.x calls 1.0', () => {
    const bounds = shippedRules().flatMap(({ expr }) =>
      [...expr.matchAll(/\ble="([^"]*)"/g)].map(([, le]) => le),
    );
    expect(bounds.length).toBeGreaterThan(0);
    expect(bounds.filter((le) => !/^\d+\.\d*[1-9]$/.test(String(le)))).toEqual([]);
  });
});
