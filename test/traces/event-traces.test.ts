import { connect, headers, type MsgHdrs } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { Span, SpanReport, TraceTask } from '../../src/contracts/trace.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { LoadUnderTest, ORDERS, steadyRate } from '../generators/load-under-test.js';
import { monitorTask } from '../monitor/monitor-task.js';
import { startTestServer } from '../support/nats-server.js';

const EVERY: TraceTask = { sampleEvery: 1, beginsPerSec: 1e6, maxSpansPerSec: 1e6 };

const spansOf = (reports: readonly SpanReport[]): readonly Span[] => reports.flatMap(({ spans }) => spans);

/** A stream's part: acknowledges each event. */
async function acknowledger(port: number) {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const seen: { subject: string; header: string }[] = [];
  const traceparentIn = (header: MsgHdrs | undefined) => header?.get('traceparent') ?? '';
  connection.subscribe('cim.events.orders.>', {
    callback: (_, message) => {
      seen.push({ subject: message.subject, header: traceparentIn(message.headers) });
      message.respond(JSON.stringify({ stream: 'ORDERS', seq: seen.length }));
    },
  });
  await connection.flush();
  return { seen, connection, [Symbol.asyncDispose]: () => connection.close() };
}

async function monitorOf(access: LoadUnderTest['task']['access'], trace: TraceTask) {
  const reports: SpanReport[] = [];
  const monitor = await startMonitorService(monitorTask(access, { ownEvents: false }, { trace }), {
    onReport: () => {},
    onNotice: () => {},
    onSpans: (report) => reports.push(report),
  });
  return { monitor, reports, [Symbol.asyncDispose]: () => monitor[Symbol.asyncDispose]() };
}

describe('events that are traced', () => {
  it('are published, acknowledged and received, each as part of the trace that their header names', async () => {
    await using server = await startTestServer();
    await using stream = await acknowledger(server.port);
    await using watch = await monitorOf(server.access, EVERY);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(100, 1),
      events: ORDERS.slice(0, 2),
      trace: EVERY,
    });
    await load.run();
    await watch.monitor.drained(100, 60_000);

    const own = spansOf(load.spanReports);
    const published = own.filter(({ name }) => name === 'publish');
    const acknowledged = own.filter(({ name }) => name === 'acknowledge');
    const received = spansOf(watch.reports);
    expect([published.length, acknowledged.length, received.length]).toEqual([100, 100, 100]);
    expect(new Set(published.map(({ traceId }) => traceId)).size).toBe(100);
    expect(new Set([...own, ...received].map(({ spanId }) => spanId)).size).toBe(300);
    const bySpan = new Map(published.map((span) => [span.spanId, span]));
    for (const { subject, header } of stream.seen) {
      const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(header) ?? [];
      const span = bySpan.get(spanId ?? '') as Span;
      expect(span).toMatchObject({ traceId, kind: 'producer', service: 'stormglass-orders' });
      expect(span.parentId).toBeUndefined();
      expect(span.attributes['messaging.destination.name']).toBe(subject);
    }
    for (const span of [...acknowledged, ...received]) {
      const parent = bySpan.get(span.parentId ?? '') as Span;
      expect(span.traceId).toBe(parent.traceId);
      expect(span.endNs).toBeGreaterThanOrEqual(span.startNs);
    }
    // From when it was due, to the microsecond that a stamp tells.
    for (const span of received)
      expect(Math.abs(span.startNs - (bySpan.get(span.parentId ?? '') as Span).startNs)).toBeLessThan(2000);
    for (const span of acknowledged)
      expect(span.startNs).toBe((bySpan.get(span.parentId ?? '') as Span).endNs);
  });

  it('are one in so many: the others say in their header that nobody records them, and nobody does', async () => {
    await using server = await startTestServer();
    await using stream = await acknowledger(server.port);
    await using watch = await monitorOf(server.access, EVERY);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(200, 1),
      events: ORDERS.slice(0, 1),
      params: { traceparent: 2 },
      trace: { ...EVERY, sampleEvery: 10 },
    });
    await load.run();
    await watch.monitor.drained(100, 60_000);
    const flags = stream.seen.map(({ header }) => header.slice(-2));
    expect(flags.filter((flag) => flag === '')).toHaveLength(100);
    expect(flags.filter((flag) => flag === '00')).toHaveLength(80);
    expect(flags.filter((flag) => flag === '01')).toHaveLength(20);
    expect(spansOf(load.spanReports)).toHaveLength(40);
    expect(spansOf(watch.reports)).toHaveLength(20);
  });

  it('are no more than a thread may begin, and who receives them records no others', async () => {
    await using server = await startTestServer();
    await using watch = await monitorOf(server.access, EVERY);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(5000, 2),
      events: ORDERS.slice(0, 1),
      trace: { sampleEvery: 1, beginsPerSec: 20, maxSpansPerSec: 1000 },
    });
    await load.run();
    await watch.monitor.drained(100, 60_000);
    const begun = spansOf(load.spanReports).length;
    // Twenty a second, and what may come at once.
    expect(begun).toBeGreaterThanOrEqual(40);
    expect(begun).toBeLessThanOrEqual(45);
    expect(spansOf(watch.reports)).toHaveLength(begun);
    const heldBack = load.spanReports.reduce((sum, report) => sum + report.heldBack, 0);
    expect(begun + heldBack).toBe(10_000);
  });

  it('are none where nothing is traced: messages have no header', async () => {
    await using server = await startTestServer();
    await using stream = await acknowledger(server.port);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'js-publish',
      schedule: steadyRate(50, 1),
      events: ORDERS.slice(0, 1),
    });
    await load.run();
    expect(stream.seen.map(({ header }) => header).join('')).toBe('');
    expect(load.spanReports).toEqual([]);
  });

  it('of somebody else are received as parts of their traces; a header that is none is counted', async () => {
    await using server = await startTestServer();
    await using watch = await monitorOf(server.access, EVERY);
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const publish = (value: string) => {
      const header = headers();
      header.set('traceparent', value);
      connection.publish('cim.events.shop.Sold', '{"price":3}', { headers: header });
    };
    publish('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    publish('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00');
    publish('00-4bf92f3577b34da6a3ce929d0e0e4736');
    await connection.drain();
    const malformed = () => watch.reports.reduce((sum, report) => sum + report.malformed, 0);
    expect(await waitFor(() => malformed() > 0, { timeoutMs: 30_000, everyMs: 20 })).toBe(true);
    expect(malformed()).toBe(1);
    expect(watch.reports.map(({ malformedText }) => malformedText).join('')).toBe(
      '00-4bf92f3577b34da6a3ce929d0e0e4736',
    );
    expect(spansOf(watch.reports)).toMatchObject([
      { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentId: '00f067aa0ba902b7', name: 'receive' },
    ]);
  });
});
