import { connect, headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import type { EventReading } from '../../src/contracts/event-reading.js';
import { DEFAULT_EVENT_READING } from '../../src/contracts/event-reading.js';
import type { MonitorPlan } from '../../src/contracts/plan.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { startTestServer } from '../support/nats-server.js';
import { parsePrometheusText, type Sample, sampleValue } from './prometheus-text.js';

type Publish = (subject: string, payload: string | Uint8Array, traceparent?: string) => void;

/** What a monitor with that plan shows after these events, in text and as OpenMetrics. */
async function shownAfter(
  plan: Partial<MonitorPlan>,
  publish: (publish: Publish) => void,
): Promise<{ samples: Sample[]; openMetrics: string }> {
  await using server = await startTestServer();
  await using monitor = await startMonitorService(
    {
      plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, ownEvents: false, ...plan },
      host: '127.0.0.1',
      access: server.access,
      writers: [],
    },
    { onReport: () => {}, onNotice: () => {} },
  );
  const [{ host, port }] = server.access.servers as [{ host: string; port: number }];
  const nc = await connect({ servers: `${host}:${port}` });
  publish((subject, payload, traceparent) => {
    const traced = headers();
    if (traceparent !== undefined) traced.set('traceparent', traceparent);
    nc.publish(subject, payload, traceparent === undefined ? {} : { headers: traced });
  });
  await nc.drain();
  await monitor.drained(100, 10_000);
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
        .filter(({ name }) => name === 'cim_event_errors_total')
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
    const plan = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };
    await using monitor = await startMonitorService(
      { plan, host: '127.0.0.1', access: server.access, writers: [] },
      { onReport: () => {}, onNotice: () => {} },
    );
    const response = await fetch(monitor.metricsUrl, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(parsePrometheusText(await response.text()).length).toBeGreaterThan(5);
  });
});
