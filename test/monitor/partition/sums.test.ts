import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { NS, nowNs } from '../../../src/base/clock.js';
import { DEFAULT_EVENT_READING } from '../../../src/contracts/event-reading.js';
import type { MonitorHandle } from '../../../src/contracts/monitor.js';
import type { MonitorPlan } from '../../../src/contracts/plan/monitor.js';
import { startMonitorService } from '../../../src/monitor/monitor-service.js';
import { writeStamp } from '../../../src/wire/stamp.js';
import { startTestServer } from '../../support/nats-server.js';
import { monitorTask, UNHEARD } from '../monitor-task.js';
import { parsePrometheusText, type Sample } from '../prometheus-text.js';

const DOMAINS = Array.from({ length: 12 }, (_, i) => `domain-${i}`);
const TOGETHER = ['orders', 'billing', 'shipping'];
const WRITERS = 7;
const READING = {
  ...DEFAULT_EVENT_READING,
  fields: { ...DEFAULT_EVENT_READING.fields, sequence: ['seq'], source: ['producer'] },
};

/** What one monitor would show, made of the pages of several: all that can be added up, without what depends on the clock. */
async function sums(monitors: readonly MonitorHandle[]): Promise<Map<string, number>> {
  const pages = await Promise.all(monitors.map(async ({ metricsUrl }) => (await fetch(metricsUrl)).text()));
  const all = new Map<string, number>();
  for (const { name, labels, value } of pages.flatMap(parsePrometheusText).filter(isSummed)) {
    const key = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    if (value !== 0) all.set(key, (all.get(key) ?? 0) + value);
  }
  return all;
}

const isSummed = ({ name }: Sample) =>
  !/^cim_monitor_|_timestamp_seconds$|_seconds_(sum|bucket)$|_age_seconds$|_missed_total$/.test(name);

/** Some of each writer's events are never sent, and some twice; they go to all domains in turn. */
function publishStamped(nc: NatsConnection): void {
  for (let sequence = 0; sequence < 500; sequence++) {
    for (let writer = 0; writer < WRITERS; writer++) {
      if ((sequence + writer) % 50 === 3) continue;
      const payload = new Uint8Array(24);
      writeStamp(payload, 0, writer, sequence, Math.floor(nowNs() / NS.us));
      const domain = DOMAINS[(sequence * 5 + writer) % DOMAINS.length];
      const copies = sequence % 40 === 7 ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) nc.publish(`cim.events.${domain}.Sampled`, payload);
    }
  }
}

/** Of some producers that number what they say to all domains: some of it is lost, some comes late or twice. */
function publishNumbered(nc: NatsConnection): void {
  for (let i = 0; i < 400; i++) {
    for (let p = 0; p < 9; p++) {
      const seq = i % 20 === 7 ? i + 1 : i % 20 === 8 ? i - 1 : i;
      if (seq > 0 && (seq + p) % 60 === 5) continue;
      const event = { producer: `producer-${p}`, seq, time: 1_700_000_000_000 + seq };
      const domain = DOMAINS[(i * 7 + p) % DOMAINS.length];
      const copies = i % 50 === 9 ? 2 : 1;
      for (let copy = 0; copy < copies; copy++)
        nc.publish(`cim.events.${domain}.Numbered`, JSON.stringify(i % 3 === 0 ? [event] : event));
    }
  }
}

function publishBusiness(nc: NatsConnection): void {
  const say = (subject: string, fields: object) =>
    nc.publish(`cim.events.${subject}`, JSON.stringify(fields));
  for (let i = 0; i < 90; i++) {
    const order = { correlationId: `order-${i}` };
    say('orders.OrderStarted', order);
    say('billing.InvoiceSent', order);
    say('shipping.ParcelSent', order);
    if (i % 3 === 0) say('orders.OrderCompleted', order);
    if (i % 3 === 1) say('orders.OrderFailed', { ...order, error: 'no stock' });

    const domain = DOMAINS[i % DOMAINS.length];
    const job = { correlationId: `job-${i}` };
    say(`${domain}.JobStarted`, job);
    if (i % 2 === 0) say(`${domain}.JobCompleted`, job);

    const agent = `agent-${i % 30}`;
    say(`fleet-${i % 5}.AgentHeartbeat`, { agent });
    say(`fleet-${i % 5}.MoveCommand`, { agent, command: `c${i}` });
    if (i % 4 > 0)
      say(`fleet-${i % 5}.MoveResult`, { agent, command: `c${i}`, outcome: i % 4 > 1 ? 'ok' : 'failed' });
  }
}

it('three monitors that share the domains show together what one shows: counts, sequences, workflows, agents', async () => {
  await using server = await startTestServer();
  const plan = { ownEvents: false, together: [TOGETHER], reading: READING };
  const writers = Array.from({ length: WRITERS - 2 }, (_, writer) => ({
    writer,
    load: writer % 2 === 0 ? 'even' : 'odd',
  }));
  const start = (more: Partial<MonitorPlan>) =>
    startMonitorService(monitorTask(server.access, { ...plan, ...more }, { writers }), UNHEARD);
  await using whole = await start({});
  await using first = await start({ partition: { index: 0, of: 3 } });
  await using second = await start({ partition: { index: 1, of: 3 } });
  await using third = await start({ partition: { index: 2, of: 3 } });
  const parts = [first, second, third];

  const nc = await connect({ servers: `127.0.0.1:${server.port}` });
  publishStamped(nc);
  publishBusiness(nc);
  publishNumbered(nc);
  await nc.flush();
  await nc.close();
  await Promise.all([whole, ...parts].map((monitor) => monitor.drained(100, 60_000)));

  const expected = await sums([whole]);
  const keys = [...expected.keys()];
  for (const name of [
    'cim_events_total',
    'cim_event_outcomes_total',
    'cim_events_received_total',
    'cim_events_lost_total',
    'cim_events_duplicated_total',
    'cim_workflow_started_total',
    'cim_workflow_completed_total',
    'cim_workflow_failed_total',
    'cim_workflow_open',
    'cim_agent_known',
    'cim_agent_heartbeats_total',
    'cim_agent_results_total',
  ]) {
    expect(
      keys.some((key) => key.startsWith(name)),
      name,
    ).toBe(true);
  }
  const numbered = (name: string) =>
    [...expected]
      .filter(([key]) => key.startsWith(`${name}[["domain"`))
      .reduce((sum, [, value]) => sum + value, 0);
  expect(numbered('cim_events_received_total') + numbered('cim_events_lost_total')).toBe(9 * 400);
  expect(numbered('cim_events_lost_total')).toBeGreaterThan(50);
  expect(numbered('cim_events_duplicated_total')).toBeGreaterThan(50);
  expect(Object.fromEntries(await sums(parts))).toEqual(Object.fromEntries(expected));
  // They do share.
  for (const part of parts) expect((await sums([part])).size).toBeLessThan(0.75 * expected.size);
});
