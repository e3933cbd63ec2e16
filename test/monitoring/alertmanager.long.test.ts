import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { AlertServer } from '../../src/alerts/alert-server.js';
import { divideRouting } from '../../src/alerts/routing.js';
import { Webhook } from '../../src/alerts/webhook.js';
import { wallNow } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { leasePorts, type PortLease } from '../../src/processes/port-lease.js';
import { inhibitions } from '../support/monitoring/inhibitions.js';
import { MONITORING } from '../support/monitoring/shipped-rules.js';
import { alertmanager, needs } from '../support/prometheus-tools.js';

type Labels = Readonly<Record<string, string>>;

/** Of each rule in alertmanager.yml: what silences, what it silences, and what it must not. */
const CASES: readonly (readonly [cause: Labels, silenced: Labels, other: Labels])[] = [
  [
    { alertname: 'NatsNodeDown', server: 'n1', severity: 'page' },
    { alertname: 'NatsReplicaOffline', server: 'n1', severity: 'ticket' },
    { alertname: 'NatsReplicaOffline', server: 'n2', severity: 'ticket' },
  ],
  [
    { alertname: 'NatsQuorumLost', kind: 'meta', severity: 'page' },
    { alertname: 'NatsNoMetaLeader', kind: 'meta', severity: 'page' },
    { alertname: 'NatsNodeDown', server: 'n3', severity: 'page' },
  ],
  [
    { alertname: 'NatsQuorumLost', kind: 'stream', account: 'A', stream: 'S', severity: 'page' },
    { alertname: 'NatsGroupWithoutLeader', kind: 'stream', account: 'A', stream: 'S', severity: 'page' },
    { alertname: 'NatsGroupWithoutLeader', kind: 'stream', account: 'B', stream: 'S', severity: 'page' },
  ],
  [
    { alertname: 'NatsGroupWithoutLeader', kind: 'stream', account: 'A', stream: 'S', severity: 'page' },
    {
      alertname: 'NatsGroupWithoutLeader',
      kind: 'consumer',
      account: 'A',
      stream: 'S',
      consumer: 'c',
      severity: 'page',
    },
    {
      alertname: 'NatsGroupWithoutLeader',
      kind: 'consumer',
      account: 'A',
      stream: 'T',
      consumer: 'c',
      severity: 'page',
    },
  ],
  [
    { alertname: 'MonitorBlind', instance: 'm1', severity: 'page' },
    { alertname: 'DomainSilent', domain: 'orders', severity: 'ticket' },
    { alertname: 'EventLagHigh', domain: 'orders', severity: 'ticket' },
  ],
  [
    { alertname: 'DomainSilent', domain: 'orders', severity: 'ticket' },
    { alertname: 'EventRateAnomaly', domain: 'orders', severity: 'info' },
    { alertname: 'EventRateAnomaly', domain: 'billing', severity: 'info' },
  ],
  [
    { alertname: 'GpuDown', node: 'g1', gpu: '0', severity: 'page' },
    { alertname: 'GpuHot', node: 'g1', gpu: '0', severity: 'ticket' },
    { alertname: 'GpuHot', node: 'g1', gpu: '1', severity: 'ticket' },
  ],
  [
    { alertname: 'NatsStorageFilling', server: 'n1', severity: 'ticket' },
    { alertname: 'NatsStorageFullSoon', server: 'n1', severity: 'ticket' },
    { alertname: 'NatsStorageFullSoon', server: 'n2', severity: 'ticket' },
  ],
  [
    { alertname: 'SloBurnRateFast', slo: 'a', domain: 'orders', window: '1h', severity: 'page' },
    { alertname: 'SloBurnRateSlow', slo: 'a', domain: 'orders', window: '1d', severity: 'ticket' },
    { alertname: 'SloBurnRateSlow', slo: 'b', domain: 'orders', window: '1d', severity: 'ticket' },
  ],
  [
    { alertname: 'AgentsMissing', group: 'fleet', severity: 'page' },
    { alertname: 'AgentsMissing', group: 'fleet', severity: 'ticket' },
    { alertname: 'AgentsMissing', group: 'other', severity: 'ticket' },
  ],
];

const shownSchema = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    status: z.object({ state: z.enum(['active', 'suppressed', 'unprocessed']) }),
  }),
);
const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

const times = (): object => {
  const now = wallNow().getTime();
  return {
    startsAt: new Date(now - 60_000).toISOString(),
    endsAt: new Date(now + 3_600_000).toISOString(),
  };
};

/** One with the shipped routes and inhibitions, and nothing known yet; waiting takes a sixtieth of the time. */
async function startAlertmanager(
  place: string,
  webhook: Webhook,
): Promise<AlertServer & { ports: PortLease }> {
  const ports = await leasePorts(1, { stateDir: place });
  const url = `http://127.0.0.1:${ports.ports[0]}`;
  const shipped = parse(readFileSync(join(MONITORING, 'alertmanager.yml'), 'utf8')) as Labels;
  const own = divideRouting(shipped, 60, (receiver) => webhook.urlOf(receiver));
  writeFileSync(join(place, 'alertmanager.yml'), stringify(own));
  const server = await AlertServer.start({
    name: 'Alertmanager',
    program: alertmanager as string,
    url,
    logFile: join(place, 'alertmanager.log'),
    mark: `test-${process.pid}`,
    signal: new AbortController().signal,
    onEnd: () => {},
    args: [
      `--config.file=${join(place, 'alertmanager.yml')}`,
      `--storage.path=${join(place, 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.ports[0]}`,
      '--cluster.listen-address=',
    ],
  });
  return Object.assign(server, { ports });
}

describe.skipIf(alertmanager === undefined)(`Alertmanager${needs(alertmanager, 'alertmanager')}`, () => {
  it('has a case here for each rule of alertmanager.yml', () => {
    const rules = inhibitions();
    const fits = (matchers: (typeof rules)[number]['source'], labels: Labels): boolean =>
      matchers.every(({ label, values }) => values.includes(labels[label] ?? ''));
    const untested = rules.filter(
      ({ source, target }) =>
        !CASES.some(([cause, silenced]) => fits(source, cause) && fits(target, silenced)),
    );
    expect(untested).toEqual([]);
  });

  it.each(CASES.map((each) => [each[0].alertname, each[1].alertname, each] as const))(
    'lets %s silence %s, and only its own',
    async (_cause, _silenced, [cause, silenced, other]) => {
      const place = mkdtempSync(join(tmpdir(), 'stormglass-alertmanager-'));
      await using webhook = await Webhook.open(() => {});
      const server = await startAlertmanager(place, webhook);
      const post = async (alerts: readonly Labels[]): Promise<void> => {
        const response = await fetch(`${server.url}/api/v2/alerts`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(alerts.map((labels) => ({ labels, ...times() }))),
        });
        expect(response.status, await response.text()).toBe(200);
      };
      const stateOf = async (labels: Labels): Promise<string | undefined> => {
        const shown = shownSchema.parse(await (await fetch(`${server.url}/api/v2/alerts`)).json());
        return shown.find((each) => keyOf(each.labels) === keyOf(labels))?.status.state;
      };
      const newsOf = (labels: Labels) =>
        webhook.notified.find((each) => keyOf(each.labels) === keyOf(labels));
      try {
        // Causes are told first: that their rules wait for less time is alertmanager.test.ts's to hold.
        await post([cause]);
        expect(await waitFor(() => newsOf(cause), { timeoutMs: 60_000, everyMs: 100 })).toBeDefined();
        await post([silenced, other]);
        expect(await waitFor(() => newsOf(other), { timeoutMs: 60_000, everyMs: 100 })).toBeDefined();
        const isSilenced = async () => (await stateOf(silenced)) === 'suppressed';
        expect(await waitFor(isSilenced, { timeoutMs: 60_000, everyMs: 100 })).toBe(true);
        expect(newsOf(silenced)).toBeUndefined();
        expect([newsOf(cause)?.receiver, newsOf(other)?.receiver]).toEqual([cause.severity, other.severity]);
      } finally {
        await server[Symbol.asyncDispose]();
        server.ports[Symbol.dispose]();
        rmSync(place, { recursive: true, force: true });
      }
    },
  );
});
