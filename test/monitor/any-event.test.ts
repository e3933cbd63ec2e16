import { connect, headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import type { EventReading } from '../../src/contracts/event-reading.js';
import { DEFAULT_EVENT_READING } from '../../src/contracts/event-reading.js';
import type { MonitorPlan } from '../../src/contracts/plan/monitor.js';
import { metricsSchema } from '../../src/monitor/domain-metrics/metrics-schema.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, type Sample, sampleValue } from './prometheus-text.js';

type Publish = (subject: string, payload: string | Uint8Array, traceparent?: string) => void;

/** What a monitor with that plan shows after these events, in text and as OpenMetrics. */
async function shownAfter(
  plan: Partial<MonitorPlan>,
  publish: (publish: Publish) => void,
): Promise<{ samples: Sample[]; openMetrics: string }> {
  await using server = await startTestServer();
  await using monitor = await startMonitorService(
    monitorTask(server.access, { ownEvents: false, ...plan }),
    UNHEARD,
  );
  const [{ host, port }] = server.access.servers as [{ host: string; port: number }];
  const nc = await connect({ servers: `${host}:${port}` });
  publish((subject, payload, traceparent) => {
    const traced = headers();
    if (traceparent !== undefined) traced.set('traceparent', traceparent);
    nc.publish(subject, payload, traceparent === undefined ? {} : { headers: traced });
  });
  await nc.drain();
  await monitor.drained(100, 60_000);
  const [text, openMetrics] = await Promise.all(
    ['text/plain', 'application/openmetrics-text'].map(async (accept) =>
      (await fetch(monitor.metricsUrl, { headers: { accept } })).text(),
    ),
  );
  return { samples: parsePrometheusText(text as string), openMetrics: openMetrics as string };
}

const reading = (more: Partial<EventReading>): EventReading => ({ ...DEFAULT_EVENT_READING, ...more });
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

describe('the monitor, whatever is published', () => {
  it('takes time, outcome and trace from what JSON events say, alone and in arrays', async () => {
    const { samples, openMetrics } = await shownAfter({}, (publish) => {
      publish('cim.events.orders.Placed', JSON.stringify({ time: ago(2000) }));
      publish('cim.events.orders.Placed', JSON.stringify({ timestamp: Date.now() - 2000, status: 'ok' }));
      publish('cim.events.orders.PaymentFailed', JSON.stringify({ id: 1 }));
      publish('cim.events.orders.PaymentFailed', JSON.stringify({ id: 2, outcome: 'accepted' }));
      publish(
        'cim.events.orders.Placed',
        JSON.stringify([{ status: 'ok' }, { error: 'no' }, { status: 'odd' }]),
      );
      publish(
        'cim.events.orders.Placed',
        JSON.stringify({ time: new Date(Date.now() + 60_000).toISOString() }),
      );
      publish('cim.events.orders.Placed', JSON.stringify({ time: ago(3 * 3_600_000) }));
      publish(
        'cim.events.traced.Seen',
        JSON.stringify({ time: ago(700) }),
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      );
    });
    const of = (name: string, labels: Record<string, string>) => sampleValue(samples, name, labels);
    expect(of('cim_events_total', { domain: 'orders', type: 'Placed' })).toBe(7);
    expect(of('cim_event_messages_total', { domain: 'orders', type: 'Placed' })).toBe(5);
    const outcomes = (type: string) =>
      Object.fromEntries(
        samples
          .filter(({ name, labels }) => name === 'cim_event_outcomes_total' && labels.type === type)
          .map(({ labels, value }) => [labels.outcome, value]),
      );
    expect(outcomes('Placed')).toEqual({ success: 2, failure: 1, other: 1 });
    expect(outcomes('PaymentFailed')).toEqual({ success: 1, failure: 1 });
    expect(outcomes('Seen')).toEqual({});
    expect(of('cim_event_lag_seconds_count', { domain: 'orders' })).toBe(2);
    expect(of('cim_event_lag_seconds_sum', { domain: 'orders' })).toBeGreaterThanOrEqual(3.99);
    expect(of('cim_monitor_lag_discarded_total', { sign: 'negative' })).toBe(1);
    expect(of('cim_monitor_lag_discarded_total', { sign: 'positive' })).toBe(1);
    expect(openMetrics).toMatch(
      /^cim_event_lag_seconds_bucket\{domain="traced",le="[\d.]+"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} /m,
    );
  });

  it('counts what cannot be read, by what is wrong with it, and goes on', async () => {
    const strict = reading({
      format: 'json',
      fields: { ...DEFAULT_EVENT_READING.fields, time: ['at'] },
      declaredFields: ['time'],
      maxEventBytes: 10_000,
    });
    const { samples } = await shownAfter({ reading: strict }, (publish) => {
      const bad = 'cim.events.orders.Bad';
      for (const text of ['{"a":1', '{"a":1}x', '{a:1}', '[1,2', '[{"a":1},]']) publish(bad, text);
      for (const other of ['hello', '', Uint8Array.of(0xff, 0xfe)]) publish(bad, other);
      publish(bad, '[['.repeat(4000));
      publish(bad, `{"a":"${'x'.repeat(10_000)}"}`);
      publish(bad, Uint8Array.of(0xc1, 2, 0, 9, 1, 2, 3));
      publish(bad, '{"at":"yesterday"}');
      publish('cim.events.orders.Good', '{"at":null}');
    });
    const errors = Object.fromEntries(
      samples
        .filter(({ name, value }) => name === 'cim_event_errors_total' && value > 0)
        .map(({ labels, value }) => [`${labels.type} ${labels.reason}`, value]),
    );
    expect(errors).toEqual({
      'Bad malformed-json': 5,
      'Bad not-json': 3,
      'Bad too-deep': 1,
      'Bad too-large': 1,
      'Bad malformed-batch': 1,
      'Bad wrong-type': 1,
    });
    expect(sampleValue(samples, 'cim_events_total', { type: 'Bad' })).toBe(12);
    expect(sampleValue(samples, 'cim_events_total', { type: 'Good' })).toBe(1);
  });

  it('begins at 0 with what can go wrong, so that the first failures have a rate', async () => {
    const errors = (samples: Sample[]) =>
      Object.fromEntries(
        samples
          .filter(({ name }) => name === 'cim_event_errors_total')
          .map(({ labels, value }) => [`${labels.type} ${labels.reason}`, value]),
      );
    const one = await shownAfter({}, (publish) => {
      publish('cim.events.orders.Placed', '{"status":"ok"}');
      publish('cim.events.orders.Cancelled', '{}');
      publish('cim.events.orders.Seen', '{');
    });
    expect(errors(one.samples)).toEqual(
      Object.fromEntries(
        ['Placed', 'Cancelled', 'Seen'].flatMap((type) =>
          ['malformed-json', 'too-deep', 'too-large', 'malformed-batch'].map((reason) => [
            `${type} ${reason}`,
            type === 'Seen' && reason === 'malformed-json' ? 1 : 0,
          ]),
        ),
      ),
    );
    const outcomes = one.samples
      .filter(({ name }) => name === 'cim_event_outcomes_total')
      .map(({ labels, value }) => [`${labels.type} ${labels.outcome}`, value]);
    expect(Object.fromEntries(outcomes)).toEqual({
      ...{ 'Placed success': 1, 'Placed failure': 0 },
      ...{ 'Cancelled success': 0, 'Cancelled failure': 0, 'Cancelled cancelled': 1 },
    });
    const opaque = await shownAfter({ reading: reading({ format: 'opaque' }) }, (publish) =>
      publish('cim.events.orders.Placed', '{'),
    );
    expect(errors(opaque.samples)).toEqual({ 'Placed malformed-batch': 0 });
    const many = await shownAfter({ maxSeries: 5000 }, (publish) => {
      for (let i = 0; i < 3000; i++) publish(`cim.events.orders.Type${i}`, i === 2999 ? '{' : '{}');
    });
    expect(Object.values(errors(many.samples)).filter((value) => value === 1)).toHaveLength(1);
    expect(Object.keys(errors(many.samples)).length).toBeLessThanOrEqual(4 * 1000);
  });

  it('goes on where a subject has bytes that nobody should put there', async () => {
    const { samples } = await shownAfter({}, (publish) => {
      publish('cim.events.a\u0001b.T\u0000', '{}');
      publish('cim.events.\u001b.\u007f', '{}');
      for (let i = 0; i < 2000; i++) publish('cim.events.orders.Placed', '{}');
    });
    expect(sampleValue(samples, 'cim_events_total', { domain: 'a\ufffdb', type: 'T\ufffd' })).toBe(1);
    expect(sampleValue(samples, 'cim_events_total', { domain: '\ufffd', type: '\ufffd' })).toBe(1);
    expect(sampleValue(samples, 'cim_events_total', { type: 'Placed' })).toBe(2000);
    expect(sampleValue(samples, 'cim_monitor_reconnects_total')).toBe(0);
  });

  it('shows the trace of a slow command on its histogram', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { openMetrics } = await shownAfter({}, (publish) => {
      const command = { agent: 'a', commandId: 'c', time: ago(700) };
      publish('cim.events.fleet.MoveCommand', JSON.stringify(command), traceparent);
      const result = { agent: 'a', commandId: 'c', outcome: 'ok' };
      publish('cim.events.fleet.MoveResult', JSON.stringify(result), traceparent);
    });
    const shown =
      /^cim_agent_command_latency_seconds_bucket\{group="fleet",le="[\d.]+"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} ([\d.]+) /m;
    expect(Number(shown.exec(openMetrics)?.[1])).toBeGreaterThanOrEqual(0.699);
  });

  it('follows workflows, agents, runs and metrics of your own whole, however few series there may be', async () => {
    const metric = {
      ...{ name: 'orders_cents_total', type: 'counter', help: 'Orders.', field: 'cents' },
      ...{ from: { type: 'Order*Completed' }, labels: { where: '$domain' } },
    };
    const sections = { metrics: metricsSchema.parse([metric]) };
    const { samples } = await shownAfter({ maxSeries: 2, sections }, (publish) => {
      publish('cim.events.first.Here', '{}');
      for (let i = 0; i < 60; i++) {
        const order = { correlationId: `o${i}`, cents: 5 };
        publish(`cim.events.shop-${i % 3}.Order${i}Started`, JSON.stringify(order));
        publish(`cim.events.shop-${i % 3}.Stock${i}Taken`, JSON.stringify(order));
        publish(`cim.events.shop-${i % 3}.Order${i}Completed`, JSON.stringify(order));
        publish(`cim.events.fleet.Truck${i}Heartbeat`, JSON.stringify({ agent: `t${i}` }));
      }
      publish('cim.events.stormglass.PhaseBegan', JSON.stringify({ run: 'r1', phase: 'load' }));
    });
    const of = (name: string, labels: Record<string, string>) => sampleValue(samples, name, labels);
    expect(of('cim_monitor_series', {})).toBe(2);
    for (const workflow of ['shop-0', 'shop-1', 'shop-2']) {
      expect(of('cim_workflow_completed_total', { workflow })).toBe(20);
      expect(of('cim_workflow_open', { workflow })).toBe(0);
      expect(of('orders_cents_total', { where: workflow })).toBe(100);
    }
    expect(of('cim_agent_heartbeats_total', { group: 'fleet' })).toBe(60);
    expect(of('cim_stormglass_phase', { run: 'r1', phase: 'load' })).toBe(1);
  });

  it('finds the type deeper in the subject, cuts what is too long, and keeps to its number of series', async () => {
    const deeper = { domainToken: 2, typeToken: 4, maxSeries: 3 };
    const { samples } = await shownAfter(deeper, (publish) => {
      publish('cim.events.orders.eu.Placed', '{}');
      publish('cim.events.orders.us.Placed.v2', '{}');
      publish(`cim.events.orders.eu.${'L'.repeat(3000)}`, '{}');
      for (let i = 0; i < 50; i++) publish(`cim.events.orders.eu.Flood${i}`, '{"status":"failed"}');
    });
    const counted = samples.filter(({ name }) => name === 'cim_events_total');
    expect(Object.fromEntries(counted.map(({ labels, value }) => [labels.type, value]))).toEqual({
      Placed: 2,
      ['L'.repeat(128)]: 1,
      other: 50,
    });
    expect(sampleValue(samples, 'cim_monitor_series_limit')).toBe(3);
    expect(sampleValue(samples, 'cim_monitor_series_dropped_total')).toBe(50);
    expect(sampleValue(samples, 'cim_event_outcomes_total', { domain: 'other', outcome: 'failure' })).toBe(
      50,
    );
  });

  it('answers in gzip who asks for it', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(monitorTask(server.access), UNHEARD);
    const response = await fetch(monitor.metricsUrl, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(parsePrometheusText(await response.text()).length).toBeGreaterThan(5);
  });
});
