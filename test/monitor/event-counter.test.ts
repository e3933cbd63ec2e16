import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS, nowNs, wallMs } from '../../src/base/clock.js';
import type { WriterLabel } from '../../src/contracts/monitor.js';
import { EventCounter } from '../../src/monitor/event-counter.js';
import { EventFigures } from '../../src/monitor/page/event-figures.js';
import {
  BATCH_ENTRY_BYTES,
  BATCH_HEADER_BYTES,
  writeBatchHeader,
  writeBodyLength,
} from '../../src/wire/batch.js';
import { messageSink } from '../../src/wire/message-sink.js';
import { WireParser } from '../../src/wire/parser.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { STAMP_HEX_BYTES, writeStampHex } from '../../src/wire/stamp-header.js';

const plan = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };

/** A counter, and the bytes of a server that go into it. */
function counting(writers: WriterLabel[] = [{ writer: 1, load: 'orders' }], maxSeries?: number) {
  const counter = new EventCounter({ plan, writers }, maxSeries);
  const parser = new WireParser(messageSink((view) => counter.onMessage(view)));
  const receive = (subject: string, payload: Uint8Array | string, header = '') => {
    const body = Buffer.from(payload);
    const total = header.length + body.length;
    counter.onReadStart();
    const line = header ? `HMSG ${subject} 1 ${header.length} ${total}` : `MSG ${subject} 1 ${total}`;
    parser.push(Buffer.from(`${line}\r\n${header}${body.toString('latin1')}\r\n`, 'latin1'));
  };
  const of = (figure: 'events' | 'messages' | 'bytes') =>
    Object.fromEntries(
      counter.series.domains
        .map(
          (domain, series) =>
            [`${domain}.${counter.series.types[series]}`, counter.figures[figure](series)] as const,
        )
        .filter(([, value]) => value > 0),
    );
  const load = (name: string) => counter.loads.figures().find((figures) => figures.load === name);
  return { counter, receive, of, load };
}

function stamped(sequence: number, dueNs: number): Uint8Array {
  const payload = new Uint8Array(16);
  writeStamp(payload, 0, 1, sequence, Math.floor(dueNs / NS.us));
  return payload;
}

function batchOf(sequences: readonly number[], dueNs: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(BATCH_HEADER_BYTES + sequences.length * (BATCH_ENTRY_BYTES + bodyBytes));
  writeBatchHeader(bytes, 0, sequences.length);
  sequences.forEach((sequence, i) => {
    const at = BATCH_HEADER_BYTES + i * (BATCH_ENTRY_BYTES + bodyBytes);
    writeStamp(bytes, at, 1, sequence, Math.floor(dueNs / NS.us));
    writeBodyLength(bytes, at, bodyBytes);
  });
  return bytes;
}

describe('EventCounter', () => {
  it('reads no body that is known to say nothing, and every other one', () => {
    const body = '{"outcome":"failed"}';
    const failures = (bodies?: string[]) => {
      const { counter, receive, load } = counting([{ writer: 1, load: 'orders', ...(bodies && { bodies }) }]);
      const dueNs = nowNs() - NS.ms;
      const payload = Buffer.concat([stamped(0, dueNs), Buffer.from(body)]);
      receive('cim.events.orders.Placed', payload);
      expect(load('orders')).toMatchObject({ received: 1 });
      expect(counter.lags.buckets.cumulative(1)).toMatchObject({ count: 1 });
      return counter.outcomes.of(1, counter.outcomes.words.failure, 1);
    };
    expect(failures()).toBe(1);
    expect(failures([body, '{"n":1}'])).toBe(1);
    // Nobody sends what the plan does not have: that it is not read is seen by what is missing.
    expect(failures(['{"n":1}'])).toBe(0);
    expect(failures([])).toBe(0);
  });

  it('counts every event of a batch, its lag and its place in the sequence, and one message', () => {
    const { counter, receive, of, load } = counting();
    const dueNs = nowNs() - 40 * NS.ms;
    receive('cim.events.orders.Placed', batchOf([0, 1, 2, 3], dueNs, 100));
    receive('cim.events.orders.Placed', stamped(4, dueNs));
    // Two are missing in between, and one comes again.
    receive('cim.events.orders.Paid', batchOf([7, 8, 8], dueNs, 0));
    counter.loads.tick();
    counter.loads.tick();
    expect(of('events')).toEqual({ 'orders.Placed': 5, 'orders.Paid': 3 });
    expect(of('messages')).toEqual({ 'orders.Placed': 2, 'orders.Paid': 1 });
    expect(of('bytes')).toEqual({ 'orders.Placed': 4 + 4 * 120 + 16, 'orders.Paid': 4 + 3 * 20 });
    expect(load('orders')).toMatchObject({ load: 'orders', received: 7, duplicates: 1, lost: 2 });
    expect(counter.lags.buckets.cumulative(0)).toMatchObject({ count: 0 });
    const lags = counter.lags.buckets.cumulative(counter.series.domainNames.indexOf('orders'));
    expect(lags.count).toBe(8);
    expect(lags.sumSeconds).toBeGreaterThanOrEqual(8 * 0.039);
    const [report] = counter.loads.takeReports(nowNs());
    expect(report?.phases[0]?.counters).toEqual({ received: 7, lost: 2 });
    expect(report?.phases[0]?.histograms.lag?.total).toBe(7);
    expect(counter.errors.total('malformed-batch')).toBe(0);
  });

  it('takes a batch that was cut or that lies for one event of somebody else, and goes on', () => {
    const { counter, receive, of, load } = counting();
    const whole = batchOf([0, 1, 2], nowNs(), 10);
    const lying = batchOf([0, 1, 2], nowNs(), 10);
    writeBodyLength(lying, BATCH_HEADER_BYTES, 0xffffffff);
    receive('cim.events.orders.Placed', whole.subarray(0, whole.length - 1));
    receive('cim.events.orders.Placed', lying);
    receive('cim.events.orders.Placed', Uint8Array.from([0xc1, 2, 0, 0]));
    receive('cim.events.orders.Placed', whole);
    expect(counter.errors.total('malformed-batch')).toBe(3);
    expect(of('events')).toEqual({ 'orders.Placed': 6 });
    expect(of('messages')).toEqual({ 'orders.Placed': 4 });
    expect(load('orders')).toMatchObject({ received: 3 });
  });

  it('finds stamps in headers, so that payloads stay what they are', () => {
    const { receive, of, load } = counting();
    const hex = new Uint8Array(STAMP_HEX_BYTES);
    writeStampHex(hex, 0, 1, 0, Math.floor((nowNs() - 5 * NS.ms) / NS.us));
    const header = `NATS/1.0\r\nStormglass-Stamp: ${Buffer.from(hex).toString('latin1')}\r\n\r\n`;
    receive('cim.events.orders.Placed', '{"orderId":1}', header);
    receive('cim.events.orders.Placed', '{"orderId":2}', 'NATS/1.0\r\nelse: where\r\n\r\n');
    expect(of('events')).toEqual({ 'orders.Placed': 2 });
    expect(of('bytes')).toEqual({ 'orders.Placed': 26 });
    expect(load('orders')).toMatchObject({ received: 1, lost: 0 });
  });

  it('counts any subjects as a table of their names would', () => {
    const token = fc.constantFrom('a', 'b', 'orders', 'Placed', 'x'.repeat(30), 'é');
    const subject = fc
      .tuple(token, token, fc.array(token, { maxLength: 3 }))
      .map(([domain, type, rest]) => ({ key: `${domain}.${type}`, rest }));
    fc.assert(
      fc.property(fc.array(subject, { maxLength: 400 }), (subjects) => {
        const { receive, of } = counting([], 1000);
        const expected: Record<string, number> = {};
        for (const { key, rest } of subjects) {
          receive(Buffer.from(['cim.events', key, ...rest].join('.')).toString('latin1'), 'x');
          expected[key] = (expected[key] ?? 0) + 1;
        }
        expect(of('events')).toEqual(expected);
      }),
      { seed: 41, numRuns: 50 },
    );
  });

  it('counts thousands of subjects, each with an ending of its own, under their pairs', () => {
    const { receive, of } = counting([]);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 8000; i++) receive(`cim.events.agents.Beat${i % 3}.agent-${i}`, '');
    }
    expect(of('events')).toEqual({ 'agents.Beat0': 5334, 'agents.Beat1': 5334, 'agents.Beat2': 5332 });
  });

  it('keeps the account of a writer when one stamp has a number that cannot be', () => {
    const { counter, receive, load } = counting();
    for (let sequence = 0; sequence < 100; sequence++) receive('cim.events.a.B', stamped(sequence, nowNs()));
    receive('cim.events.a.B', stamped(2 ** 39, nowNs() + NS.h));
    for (let sequence = 100; sequence < 200; sequence++)
      receive('cim.events.a.B', stamped(sequence, nowNs()));
    counter.settle();
    counter.settle();
    expect(load('orders')).toMatchObject({ received: 200, lost: 0, duplicates: 0 });
    expect(counter.errors.total('malformed-stamp')).toBe(1);
    expect(counter.figures.totalEvents).toBe(201);
  });

  it('counts what begins as JSON behind a stamp and is none, and no padding', () => {
    const { counter, receive } = counting([]);
    const behind = (body: string) =>
      receive('cim.events.a.B', Buffer.concat([stamped(0, nowNs()), Buffer.from(body)]));
    for (const body of ['{"a":1', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`, '{"a":1}....', 'none', ''])
      behind(body);
    expect(counter.errors.total('malformed-json')).toBe(1);
    expect(counter.errors.total('too-deep')).toBe(1);
    expect(counter.errors.total('not-json')).toBe(0);
  });

  it('takes texts that say the same for the same, however they are written', () => {
    const { counter, receive } = counting([]);
    receive('cim.events.orders.OrderStarted', '{"correlation":"k\\u00f6ln-\\/1","agent":"\\ud83d\\ude00"}');
    receive('cim.events.orders.OrderCompleted', '{"correlation":"köln-/1","agent":"😀"}');
    receive('cim.events.orders.OrderStarted', '[{"correlation":"a\\\\u0062"},{"correlation":"a\\u0062"}]');
    receive('cim.events.orders.OrderCompleted', '{"correlation":"ab"}');
    const figures = counter.books.flatMap((book) => [...book.families()]);
    const of = (name: string) =>
      figures.flatMap((family) =>
        family.name === name ? [...family.samples].map(({ value }) => value) : [],
      );
    expect(of('cim_workflow_completed_total')).toEqual([2]);
    expect(of('cim_workflow_open')).toEqual([1]);
    expect(of('cim_agent_known')).toEqual([1]);
  });

  it('says when the last event came by the clock as it was then', () => {
    const { counter, receive } = counting([]);
    const beforeMs = wallMs();
    receive('cim.events.a.B', 'x');
    const seen = counter.figures.lastSeenMs(1);
    expect(seen).toBeGreaterThanOrEqual(beforeMs);
    expect(seen).toBeLessThanOrEqual(wallMs());
    const figures = new EventFigures(counter);
    const shown = () =>
      [...figures.families()].flatMap(({ name, samples }) =>
        name === 'cim_event_last_seen_timestamp_seconds' ? [...samples].map(({ value }) => value) : [],
      );
    for (let page = 0; page < 2000; page++) expect(shown()).toEqual([seen / 1000]);
  });

  it('goes on to say how many events have no series of their own', () => {
    const { counter, receive } = counting([], 3);
    receive('cim.events.other.other', '');
    for (let i = 0; i < 10; i++) receive(`cim.events.d.t${i % 5}`, '');
    expect(counter.series.dropped).toBe(6);
    expect(counter.figures.events(0)).toBe(7);
    receive('cim.events.d.t4', batchOf([0, 1, 2, 3], nowNs(), 0));
    receive('cim.events.d.t4', '[{},{},{}]');
    expect(counter.series.dropped).toBe(13);
    expect(counter.figures.events(0)).toBe(14);
  });
});
