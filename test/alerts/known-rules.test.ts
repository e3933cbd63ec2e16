import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { knownRules } from '../../src/alerts/known-rules.js';
import { readMonitoringFiles } from '../../src/alerts/monitoring-files.js';
import { divideRules, runPrometheus } from '../../src/alerts/run-configuration.js';
import { UsageError } from '../../src/base/errors.js';
import { temporaryDirectory } from '../processes/temporary-directory.js';

const SHIPPED = fileURLToPath(new URL('../../monitoring', import.meta.url));

const RULES = `
groups:
  - name: recorded
    interval: 5m
    rules:
      - { record: 'cim:errors:ratio1h', expr: 'avg_over_time(cim:errors:ratio[1h])' }
      - { record: 'cim:errors:ratio', expr: 'rate(errors_total[5m])' }
  - name: alerts
    interval: 30s
    rules:
      - { alert: Soon, expr: 'rate(a[5m]) > 1', for: 1m, keep_firing_for: 2m, labels: { severity: page } }
      - { alert: Burning, expr: 'cim:errors:ratio1h > 0.1', labels: { severity: page } }
      - { alert: Filling, expr: 'predict_linear(a[10m], 3600) > 1', labels: { severity: ticket } }
      - { alert: Unusual, expr: 'a > 2 * (a offset 1w)', labels: { severity: info } }
      - { alert: AtNight, expr: 'a > 1 and on () hour() < 6', labels: { severity: info } }
      - { alert: Made, expr: 'a > 1', labels: { severity: '{{ $labels.severity }}' } }
      - { alert: Twice, expr: 'a > 1', labels: { severity: ticket } }
      - { alert: Twice, expr: 'a > 2', labels: { severity: page } }
`;

async function ownRules(files: Readonly<Record<string, string>>) {
  const place = await temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(place.path, name, '..'), { recursive: true });
    writeFileSync(join(place.path, name), text);
  }
  return place;
}

describe('the rules that are shipped', () => {
  const rules = knownRules(readMonitoringFiles(SHIPPED, SHIPPED));
  const ofName = (name: string) => rules.alerts.find((alert) => alert.name === name);

  it('can be proven in a run, where they are about what goes on', () => {
    const provable = rules.alerts
      .filter(({ unprovable }) => unprovable === undefined)
      .map(({ name }) => name);
    expect(provable).toEqual(
      expect.arrayContaining([
        'NatsNodeDown',
        'NatsNoMetaLeader',
        'NatsGroupWithoutLeader',
        'NatsQuorumLost',
        'NatsReplicaOffline',
        'NatsReplicaLagging',
        'NatsRouteMissing',
        'NatsStorageFilling',
        'NatsSlowConsumers',
        'NatsConnectionsHigh',
        'MonitorBlind',
        'MonitorDown',
      ]),
    );
  });

  it.each(['SloBurnRateFast', 'SloBurnRateSlow', 'NatsStorageFullSoon', 'EventRateAnomaly'])(
    'cannot, where they take hours: %s',
    (name) => {
      expect(ofName(name)?.unprovable).toMatch(/^it (goes by|predicts)/);
    },
  );

  it('have the receivers of the severities', () => {
    expect(rules.receivers).toEqual(expect.arrayContaining(['page', 'ticket', 'info']));
  });
});

describe('rules of a user', () => {
  it('are every YAML file with groups; a configuration that is not there is the shipped one', async () => {
    await using place = await ownRules({ 'a.yml': RULES, 'notes.yaml': 'about: nothing' });
    const known = knownRules(readMonitoringFiles(place.path, SHIPPED));
    expect(known.alerts.map(({ name, severities, unprovable }) => [name, severities, unprovable])).toEqual([
      ['Soon', ['page'], undefined],
      ['Burning', ['page'], 'it goes by what was within the last 60m 00s'],
      ['Filling', ['ticket'], 'it predicts from a trend'],
      ['Unusual', ['info'], expect.stringMatching(/^it goes by what was within the last/)],
      ['AtNight', ['info'], 'it goes by the time of day'],
      ['Made', [], undefined],
      ['Twice', ['ticket', 'page'], undefined],
    ]);
    expect(known.receivers).toContain('page');
  });

  it('are those that prometheus.yml names, where there is one', async () => {
    await using place = await ownRules({
      'prometheus.yml': 'rule_files: [rules/*.yaml]\nglobal: { scrape_interval: 5s }',
      'rules/one.yaml': RULES,
      'rules/other.txt': 'no rules',
      'unnamed.yaml': 'groups: [{ name: x, rules: [{ alert: Unnamed, expr: "1" }] }]',
    });
    const known = knownRules(readMonitoringFiles(place.path, SHIPPED));
    expect(known.alerts.map(({ name }) => name)).not.toContain('Unnamed');
    expect(known.shortestIntervalNs).toBe(5e9);
  });

  it.each([
    ['a folder that is not there', undefined, /is not there$/],
    ['no rules at all', { 'notes.yaml': 'about: nothing' }, /has no rules/],
    ['text that is no YAML', { 'a.yaml': 'groups: [' }, /a\.yaml: /],
    [
      'rules without an expression',
      { 'a.yaml': 'groups: [{ name: x, rules: [{ alert: A }] }]' },
      /a\.yaml: groups\.0\.rules\.0\.expr/,
    ],
  ])('are refused: %s', async (_, files, message) => {
    await using place = await ownRules(files ?? {});
    const dir = files === undefined ? join(place.path, 'none') : place.path;
    expect(() => readMonitoringFiles(dir, SHIPPED)).toThrow(UsageError);
    expect(() => readMonitoringFiles(dir, SHIPPED)).toThrow(message);
  });
});

describe('what a run has of them', () => {
  it('is every time divided, and no alert that it cannot prove', async () => {
    await using place = await ownRules({ 'a.yaml': RULES });
    const { rules } = readMonitoringFiles(place.path, SHIPPED).rules[0]!;
    const divided = divideRules(rules, 30, ({ alert }) => alert === 'Soon');
    expect(divided.groups).toEqual([
      {
        name: 'recorded',
        interval: '10s',
        rules: [
          { record: 'cim:errors:ratio1h', expr: 'avg_over_time(cim:errors:ratio[2m])' },
          { record: 'cim:errors:ratio', expr: 'rate(errors_total[10s])' },
        ],
      },
      {
        name: 'alerts',
        interval: '1s',
        rules: [
          {
            alert: 'Soon',
            expr: 'rate(a[10s]) > 1',
            for: '2s',
            keep_firing_for: '4s',
            labels: { severity: 'page' },
          },
        ],
      },
    ]);
  });

  it('is a Prometheus that scrapes the monitors of the run and nobody else', () => {
    const shipped = {
      global: {
        scrape_interval: '15s',
        scrape_timeout: '10s',
        evaluation_interval: '30s',
        external_labels: { a: 'b' },
      },
      scrape_configs: [
        { job_name: 'node', static_configs: [{ targets: ['node:9100'] }] },
        {
          job_name: 'stormglass-monitor',
          honor_labels: true,
          file_sd_configs: [{ files: ['targets/*.yaml'] }],
        },
      ],
    };
    const metricsUrls = ['http://127.0.0.1:9091/metrics', 'http://127.0.0.1:9092/metrics'];
    expect(runPrometheus(shipped, 30, { metricsUrls, alertmanager: '127.0.0.1:9093' })).toEqual({
      global: {
        external_labels: { a: 'b' },
        scrape_interval: '500ms',
        evaluation_interval: '1s',
        scrape_timeout: '500ms',
      },
      rule_files: ['rules/*.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
      scrape_configs: [
        {
          job_name: 'stormglass-monitor',
          honor_labels: true,
          metrics_path: '/metrics',
          static_configs: [{ targets: ['127.0.0.1:9091', '127.0.0.1:9092'] }],
        },
      ],
    });
  });
});
