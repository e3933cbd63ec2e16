import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { AlertServer } from '../../src/alerts/alert-server.js';
import { Webhook } from '../../src/alerts/webhook.js';
import { waitFor } from '../../src/base/wait.js';
import type { PortLease } from '../../src/processes/port-lease.js';
import { shippedAlerts } from '../support/monitoring/shipped-rules.js';
import { startAlertmanager, type TestAlertmanager } from '../support/monitoring/start-alertmanager.js';
import { alertmanager, needs, prometheus } from '../support/prometheus-tools.js';
import { leaseTestPorts } from '../support/test-ports.js';

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
});

/** The shipped rule, beside something that has to be told all the time. */
const rules = () => ({
  groups: [
    {
      name: 'test',
      rules: [
        { alert: 'AlwaysOn', expr: 'vector(1)', labels: { severity: 'page' } },
        ...shippedAlerts()
          .filter(({ alert }) => alert === 'NotificationsFailing')
          .map(({ alert, expr, labels, annotations }) => ({ alert, expr, labels, annotations })),
      ],
    },
  ],
});

/** It scrapes itself and the Alertmanager each second, and tells this anew each second what fires. */
async function startPrometheus(place: string, port: number, alertmanagerUrl: string): Promise<AlertServer> {
  const own = `127.0.0.1:${port}`;
  const target = new URL(alertmanagerUrl).host;
  writeFileSync(join(place, 'rules.yaml'), stringify(rules()));
  writeFileSync(
    join(place, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [target] }] }] },
      scrape_configs: [
        { job_name: 'prometheus', static_configs: [{ targets: [own] }] },
        { job_name: 'alertmanager', static_configs: [{ targets: [target] }] },
      ],
    }),
  );
  return AlertServer.start({
    name: 'Prometheus',
    program: prometheus as string,
    url: `http://${own}`,
    logFile: join(place, 'prometheus.log'),
    mark: `test-${process.pid}`,
    signal: new AbortController().signal,
    onEnd: () => {},
    args: [
      `--config.file=${join(place, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(place, 'prometheus')}`,
      `--web.listen-address=${own}`,
      '--rules.alert.resend-delay=1s',
    ],
  });
}

const isMissing = prometheus === undefined || alertmanager === undefined;
const lacks = `${needs(prometheus, 'prometheus')}${needs(alertmanager, 'alertmanager')}`;

describe.skipIf(isMissing)(`NotificationsFailing, with a receiver that is down${lacks}`, () => {
  let place: string;
  let ports: PortLease;
  let webhook: Webhook;
  let teller: TestAlertmanager;
  let watcher: AlertServer;

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'stormglass-notifications-'));
    ports = await leaseTestPorts(2);
    const [nobody, own] = ports.ports as [number, number];
    webhook = await Webhook.open(() => {});
    teller = await startAlertmanager(place, (receiver) =>
      receiver === 'page' ? `http://127.0.0.1:${nobody}/` : webhook.urlOf(receiver),
    );
    watcher = await startPrometheus(place, own, teller.url);
  });

  afterAll(async () => {
    await watcher?.[Symbol.asyncDispose]();
    await teller?.[Symbol.asyncDispose]();
    await webhook?.[Symbol.asyncDispose]();
    ports?.[Symbol.dispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it('is told by another receiver', { timeout: 90_000 }, async () => {
    const told = () =>
      webhook.notified.find(({ labels: { alertname } }) => alertname === 'NotificationsFailing');
    expect(await waitFor(told, { timeoutMs: 60_000, everyMs: 100 })).toMatchObject({
      receiver: 'ticket',
      status: 'firing',
      labels: { severity: 'page', integration: 'webhook', instance: new URL(teller.url).host },
    });
    // What only the receiver that is down should have been told is told to nobody.
    expect(webhook.notified.filter(({ labels: { alertname } }) => alertname === 'AlwaysOn')).toEqual([]);
  });

  it('fires, too, when no Alertmanager takes what Prometheus has to tell', { timeout: 90_000 }, async () => {
    await teller[Symbol.asyncDispose]();
    const fires = async () => {
      const { data } = alertsSchema.parse(await (await fetch(`${watcher.url}/api/v1/alerts`)).json());
      return data.alerts.find(
        ({ labels, state }) =>
          labels.alertname === 'NotificationsFailing' &&
          labels.instance === new URL(watcher.url).host &&
          state === 'firing',
      );
    };
    expect(await waitFor(fires, { timeoutMs: 60_000, everyMs: 200 })).toBeDefined();
  });
});
