import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Webhook } from '../../src/alerts/webhook.js';
import { wallNow } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { inhibitions } from '../support/monitoring/inhibitions.js';
import { startAlertmanager } from '../support/monitoring/start-alertmanager.js';
import { alertmanager, needs } from '../support/prometheus-tools.js';

type Labels = Readonly<Record<string, string>>;

const page = (alertname: string, labels: Labels = {}): Labels => ({ alertname, ...labels, severity: 'page' });
const ticket = (alertname: string, labels: Labels = {}): Labels => ({
  alertname,
  ...labels,
  severity: 'ticket',
});
const info = (alertname: string, labels: Labels = {}): Labels => ({ alertname, ...labels, severity: 'info' });

const NODE_SYMPTOMS = [
  ...['NatsUnhealthy', 'NatsRouteMissing', 'NatsReplicaOffline', 'NatsReplicaLagging', 'NatsStorageFilling'],
  'NatsConnectionsHigh',
];
const UNSEEN = ['DomainSilent', 'WorkflowStalled', 'AgentsMissing', 'NatsUnwatched'];
const GROUP = { kind: 'stream', account: 'A', stream: 'S' };
const CONSUMER = { kind: 'consumer', account: 'A', stream: 'S', consumer: 'c' };
const BURNING = { slo: 'a', domain: 'd', workflow: 'w', load: 'l' };

/** Of each rule in alertmanager.yml: what silences, all that it silences, and what it must not. */
const CASES: readonly (readonly [cause: Labels, silenced: readonly Labels[], others: readonly Labels[]])[] = [
  [
    page('NatsNodeDown', { server: 'n1' }),
    NODE_SYMPTOMS.map((name) => ticket(name, { server: 'n1' })),
    [
      ticket('NatsReplicaOffline', { server: 'n2' }),
      ticket('NatsSlowConsumers', { server: 'n1' }),
      ticket('NatsSlowConsumers', { server: 'n2' }),
      // Of a group of one replica whose server is down the rule itself says nothing.
      page('NatsGroupWithoutLeader', { kind: 'stream', stream: 'S', server: 'n1' }),
    ],
  ],
  // Each alone, where one that is silenced, too, would do.
  [page('NatsNodeDown', { server: 'n1' }), [ticket('NatsStorageFullSoon', { server: 'n1' })], []],
  [page('NatsQuorumLost', { kind: 'meta' }), [ticket('NatsUnhealthy', { server: 'n2' })], []],
  [page('NatsQuorumLost', GROUP), [page('NatsGroupWithoutLeader', CONSUMER)], []],
  [
    page('NatsQuorumLost', { kind: 'meta' }),
    [
      page('NatsNoMetaLeader', { kind: 'meta' }),
      page('NatsGroupWithoutLeader', GROUP),
      ticket('NatsUnhealthy', { server: 'n2' }),
      ticket('ConsumerLagGrowing', { account: 'A', stream: 'S', consumer: 'c' }),
    ],
    [page('NatsNodeDown', { server: 'n3' })],
  ],
  [
    page('NatsQuorumLost', CONSUMER),
    [page('NatsGroupWithoutLeader', CONSUMER)],
    [
      page('NatsGroupWithoutLeader', { ...CONSUMER, account: 'B' }),
      page('NatsGroupWithoutLeader', { ...CONSUMER, stream: 'T' }),
      page('NatsGroupWithoutLeader', { ...CONSUMER, consumer: 'd' }),
      ticket('ConsumerLagGrowing', CONSUMER),
      page('NatsNoMetaLeader', { kind: 'meta' }),
    ],
  ],
  [
    page('NatsGroupWithoutLeader', GROUP),
    [page('NatsGroupWithoutLeader', CONSUMER)],
    [
      page('NatsGroupWithoutLeader', { ...CONSUMER, account: 'B' }),
      page('NatsGroupWithoutLeader', { ...CONSUMER, stream: 'T' }),
      ticket('ConsumerLagGrowing', CONSUMER),
      ticket('NatsUnhealthy', { server: 'n2' }),
    ],
  ],
  [page('NatsQuorumLost', CONSUMER), [], [page('NatsGroupWithoutLeader', { ...CONSUMER, kind: 'stream' })]],
  // A stream that has no quorum has no leader either, and its consumers are not told of.
  [
    page('NatsQuorumLost', GROUP),
    [page('NatsGroupWithoutLeader', GROUP), page('NatsGroupWithoutLeader', CONSUMER)],
    [page('NatsNoMetaLeader', { kind: 'meta' })],
  ],
  // Of a consumer without a leader, another one of its stream is not its symptom.
  [
    page('NatsGroupWithoutLeader', CONSUMER),
    [],
    [
      page('NatsGroupWithoutLeader', { ...CONSUMER, consumer: 'd' }),
      ticket('ConsumerLagGrowing', { ...CONSUMER, consumer: 'd' }),
      ticket('NatsReplicaLagging', { ...GROUP, server: 'n2' }),
    ],
  ],
  [
    page('NatsNoMetaLeader', { kind: 'meta' }),
    [ticket('NatsUnhealthy', { server: 'n2' })],
    [ticket('NatsReplicaOffline', { server: 'n2' })],
  ],
  [
    page('MonitorBlind', { monitors: 'none' }),
    [...UNSEEN.map((name) => ticket(name)), info('EventRateAnomaly', { domain: 'orders' })],
    [ticket('EventLagHigh', { domain: 'orders' })],
  ],
  [
    page('MonitorDown', { monitors: 'none' }),
    [...UNSEEN.map((name) => ticket(name)), info('EventRateAnomaly', { domain: 'orders' })],
    [ticket('EventLagHigh', { domain: 'orders' })],
  ],
  // The others of several monitors see what they say.
  [
    page('MonitorDown', { instance: 'm1' }),
    [info('EventRateAnomaly', { domain: 'orders' })],
    [...UNSEEN.map((name) => ticket(name)), page('OfSomebodyElse', { monitors: 'none' })],
  ],
  [
    page('MonitorBlind', { instance: 'm1' }),
    [info('EventRateAnomaly', { domain: 'orders' })],
    UNSEEN.map((name) => ticket(name)),
  ],
  [
    ticket('DomainSilent', { domain: 'orders' }),
    [info('EventRateAnomaly', { domain: 'orders' })],
    [
      info('EventRateAnomaly', { domain: 'billing' }),
      ticket('EventLagHigh', { domain: 'orders' }),
      ticket('EventLagHigh', { domain: 'billing' }),
    ],
  ],
  [
    page('GpuDown', { node: 'g1', gpu: '0' }),
    ['GpuMemoryFull', 'GpuHot', 'GpuAllocationFailures'].map((name) =>
      ticket(name, { node: 'g1', gpu: '0' }),
    ),
    [
      ticket('GpuHot', { node: 'g1', gpu: '1' }),
      ticket('GpuHot', { node: 'g2', gpu: '0' }),
      page('OfSomebodyElse', { node: 'g1', gpu: '0' }),
      page('OfSomebodyElse', { node: 'g1', gpu: '1' }),
    ],
  ],
  [
    ticket('NatsStorageFilling', { server: 'n1' }),
    [ticket('NatsStorageFullSoon', { server: 'n1' })],
    [
      ticket('NatsStorageFullSoon', { server: 'n2' }),
      ticket('NatsConnectionsHigh', { server: 'n1' }),
      ticket('NatsConnectionsHigh', { server: 'n2' }),
    ],
  ],
  [
    page('SloBurnRateFast', { ...BURNING, window: '1h' }),
    [ticket('SloBurnRateSlow', { ...BURNING, window: '1d' })],
    [
      ticket('SloBurnRateSlow', { ...BURNING, slo: 'b' }),
      ticket('SloBurnRateSlow', { ...BURNING, domain: 'e' }),
      ticket('SloBurnRateSlow', { ...BURNING, workflow: 'x' }),
      ticket('SloBurnRateSlow', { ...BURNING, load: 'm' }),
      ticket('OfSomebodyElse', BURNING),
      ticket('OfSomebodyElse', { ...BURNING, slo: 'b' }),
    ],
  ],
  [
    page('AgentsMissing', { group: 'fleet', server: 'n1' }),
    [ticket('AgentsMissing', { group: 'fleet', server: 'n1' })],
    [
      ticket('AgentsMissing', { group: 'other', server: 'n1' }),
      ticket('AgentsMissing', { group: 'fleet', server: 'n2' }),
      info('AgentsMissing', { group: 'fleet', server: 'n1' }),
      ticket('AgentsMissing', { group: 'third' }),
      info('AgentsMissing', { group: 'third' }),
      ticket('OfSomebodyElse', { group: 'fleet', server: 'n1' }),
    ],
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

describe.skipIf(alertmanager === undefined)(`Alertmanager${needs(alertmanager, 'alertmanager')}`, () => {
  it('has a case here for each rule of alertmanager.yml', () => {
    const rules = inhibitions();
    const fits = (matchers: (typeof rules)[number]['source'], labels: Labels): boolean =>
      matchers.every(({ label, values }) => values.includes(labels[label] ?? ''));
    const untested = rules.filter(
      ({ source, target }) =>
        !CASES.some(
          ([cause, silenced]) => fits(source, cause) && silenced.some((each) => fits(target, each)),
        ),
    );
    expect(untested).toEqual([]);
  });

  it.each(CASES.map((each) => [each[0], each] as const))(
    'lets %o silence what follows from it, and nothing else',
    async (_cause, [cause, silenced, others]) => {
      const place = mkdtempSync(join(tmpdir(), 'stormglass-alertmanager-'));
      await using webhook = await Webhook.open(() => {});
      const server = await startAlertmanager(place, (receiver) => webhook.urlOf(receiver));
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
        await post([...silenced, ...others]);
        for (const other of others)
          expect(await waitFor(() => newsOf(other), { timeoutMs: 60_000, everyMs: 100 })).toBeDefined();
        for (const each of silenced) {
          const isSilenced = async () => (await stateOf(each)) === 'suppressed';
          expect(await waitFor(isSilenced, { timeoutMs: 60_000, everyMs: 100 })).toBe(true);
          expect(newsOf(each)).toBeUndefined();
        }
        for (const told of [cause, ...others]) expect(newsOf(told)?.receiver).toBe(told.severity);
      } finally {
        await server[Symbol.asyncDispose]();
        rmSync(place, { recursive: true, force: true });
      }
    },
  );
});
