import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { DomainMetricBook } from '../../../src/monitor/domain-metrics/domain-metric-book.js';
import { metricsSchema } from '../../../src/monitor/domain-metrics/metrics-schema.js';
import { BookUnderTest, START_NS } from './book-under-test.js';

const making = (...metrics: readonly object[]) =>
  new BookUnderTest((scene) => new DomainMetricBook(metricsSchema.parse(metrics), scene));

const metric = (type: string) => (name: string, more: object) => ({
  name,
  type,
  help: 'What it is.',
  ...more,
});
const counter = metric('counter');
const gauge = metric('gauge');
const histogram = metric('histogram');

const told = (type: string, fields: Record<string, unknown>, atMs = 0) => ({ atMs, type, fields });
const placed = (atMs: number, fields: Record<string, unknown>) => told('Placed', fields, atMs);

const REVENUE = counter('orders_value_euros_total', {
  unit: 'euros',
  from: { domain: 'orders', type: 'Placed' },
  field: 'price.cents',
  scale: 0.01,
  labels: { country: 'country' },
});

const REQUESTS = counter('requests_total', {
  from: { type: 'Reported' },
  field: 'requests',
  'running-total': true,
});

describe('metrics that a configuration declares', () => {
  it('add up a field, by the labels that other fields hold', () => {
    const book = making(REVENUE);
    book.tell(placed(0, { price: { cents: 1250 }, country: 'AT' }));
    book.tell(placed(1, { price: { cents: 750 }, country: 'AT' }));
    book.tell(placed(2, { price: { cents: 100 }, country: 'DE "south"\n' }));
    book.tell(placed(3, { price: { cents: 100 } }));
    book.tell(told('Paid', { price: { cents: 99 }, country: 'AT' }, 4));
    book.tell({ atMs: 5, domain: 'offers', type: 'Placed', fields: { price: { cents: 99 } } });
    expect(book.samples('orders_value_euros_total')).toEqual([
      { labels: { country: 'AT' }, value: 20 },
      { labels: { country: 'DE "south"\n' }, value: 1 },
      { labels: { country: '' }, value: 1 },
    ]);
  });

  it('count events where no field is told, also those that have none, and by domain and type', () => {
    const book = making(
      counter('payment_events_total', {
        from: { type: 'Payment*' },
        labels: { what: '$type', where: '$domain' },
      }),
    );
    expect(book.book.everyEvent).toBe(true);
    book.tell({ atMs: 0, type: 'PaymentFailed' });
    book.tell({ atMs: 0, type: 'PaymentMade' });
    book.tell({ atMs: 0, type: 'PaymentMade', domain: 'shop' });
    book.tell({ atMs: 0, type: 'PaymentMade', domain: 'shop' });
    expect(book.figure('payment_events_total', { what: 'PaymentMade', where: 'shop' })).toBe(2);
    expect(book.figure('payment_events_total', { what: 'PaymentMade', where: 'orders' })).toBe(1);
    expect(book.sum('payment_events_total')).toBe(4);
    expect(making(REVENUE).book.everyEvent).toBe(false);
  });

  it('count a field that is no number as an error, and an event without it as nothing', () => {
    const book = making(REVENUE);
    book.tell(placed(0, { price: { cents: '1250' }, country: 'AT' }));
    book.tell(placed(0, { price: { cents: [1] }, country: 'AT' }));
    book.tell(placed(0, { price: { cents: -1 }, country: 'AT' }));
    book.tell(placed(0, { price: 12, country: 'AT' }));
    book.tell(placed(0, { price: { cents: null }, country: 'AT' }));
    expect(book.errors).toEqual(Array(3).fill({ type: 'Placed', reason: 'wrong-type' }));
    expect(book.samples('orders_value_euros_total')).toEqual([]);
  });

  it('count a number that no double holds, once it is scaled, as an error and not as infinity', () => {
    const book = making({ ...REVENUE, scale: 1e10 });
    book.tell(placed(0, { price: { cents: 1e300 }, country: 'AT' }));
    book.tell(placed(1, { price: { cents: 1 }, country: 'AT' }));
    expect(book.errors).toEqual([{ type: 'Placed', reason: 'wrong-type' }]);
    expect(book.figure('orders_value_euros_total', { country: 'AT' })).toBe(1e10);
  });

  it('add up no running totals of several tellers as if they were one that falls again and again', () => {
    const book = making({ ...REQUESTS, labels: { host: 'host' }, 'max-series': 1 });
    for (const host of ['a', 'b', 'c', 'b', 'c', 'b'])
      book.tell(told('Reported', { host, requests: host === 'b' ? 1000 : 10 }));
    expect(book.sum('requests_total')).toBe(10);
    expect(book.figure('cim_monitor_metric_series_dropped_total', { metric: 'requests_total' })).toBe(5);
  });

  it('follow a running total, which begins anew when it falls', () => {
    const book = making(REQUESTS);
    for (const requests of [10, 10, 25, 4, 6]) book.tell(told('Reported', { requests }));
    expect(book.figure('requests_total')).toBe(25 + 6);
  });

  it('take no old running total for a new beginning, and no copy of one from before it', () => {
    const book = making({
      name: 'requests_total',
      type: 'counter',
      help: 'Requests.',
      from: { type: 'Reported' },
      field: 'requests',
      'running-total': true,
    });
    expect(book.figure('requests_total')).toBe(0);
    const told: [atMs: number, happenedMs: number, requests: number][] = [
      [10, 10, 100],
      [30, 30, 120],
      [40, 20, 110],
      [50, 30, 120],
      [60, 60, 5],
      [70, 30, 120],
      [80, 80, 7],
    ];
    for (const [atMs, happenedMs, requests] of told)
      book.tell({ atMs, lagMs: atMs - happenedMs, type: 'Reported', fields: { requests } });
    expect(book.figure('requests_total')).toBe(120 + 7);
  });

  it('put a field into the buckets of a histogram', () => {
    const book = making(
      histogram('parcel_weight_kilograms', {
        from: { type: 'Packed' },
        field: 'kg',
        buckets: [1, 5, 20],
      }),
    );
    for (const kg of [0.5, 1, 4, 21]) book.tell(told('Packed', { kg }));
    const buckets = book.samples('parcel_weight_kilograms').filter(({ suffix }) => suffix === '_bucket');
    expect(buckets.map(({ labels, value }) => [labels.le, value])).toEqual([
      ['1', 2],
      ['5', 3],
      ['20', 3],
      ['+Inf', 4],
    ]);
    expect(book.figure('parcel_weight_kilograms', {}, '_sum')).toBe(26.5);
    expect(book.figure('parcel_weight_kilograms', {}, '_count')).toBe(4);
  });

  it('set a gauge by the first source that means an event, and take it away again', () => {
    const book = making(
      gauge('door_open', {
        from: [
          { type: 'DoorMoved', where: { state: 'open', locked: false }, value: 1 },
          { type: 'DoorMoved', where: { state: 'closed' }, value: 0 },
          { type: 'DoorRemoved', removes: true },
        ],
        labels: { door: 'door' },
      }),
    );
    const moved = (door: string, state: string, locked = false) =>
      book.tell(told('DoorMoved', { door, state, locked }));
    moved('a', 'open');
    moved('b', 'open', true);
    moved('c', 'open');
    moved('c', 'closed');
    expect(book.samples('door_open')).toEqual([
      { labels: { door: 'a' }, value: 1 },
      { labels: { door: 'c' }, value: 0 },
    ]);
    book.tell(told('DoorRemoved', { door: 'a' }, 1));
    book.tell(told('DoorRemoved', { door: 'z' }, 1));
    moved('d', 'open');
    expect(book.samples('door_open').map(({ labels }) => labels.door)).toEqual(['d', 'c']);
  });

  it('let a gauge go of which there was no news, but not while nothing could be seen', () => {
    const book = making(
      gauge('room_celsius', {
        from: { type: 'Sampled' },
        field: 'celsius',
        labels: { room: 'room' },
        'expires-after': '1m',
      }),
    );
    const sampled = (atMs: number, room: string, celsius: number) =>
      book.tell(told('Sampled', { room, celsius }, atMs));
    sampled(0, 'a', 20);
    sampled(40_000, 'b', -3.5);
    book.tick(61_000);
    expect(book.samples('room_celsius')).toEqual([{ labels: { room: 'b' }, value: -3.5 }]);
    book.book.onSight(false, START_NS + 70 * NS.s);
    book.tick(200_000);
    book.book.onSight(true, START_NS + 200 * NS.s);
    // Thirty seconds of silence before, and as many after: the time between does not count.
    book.tick(230_000);
    expect(book.samples('room_celsius')).toHaveLength(1);
    book.tick(231_000);
    expect(book.samples('room_celsius')).toEqual([]);
    sampled(262_000, 'a', 1);
    expect(book.samples('room_celsius')).toEqual([{ labels: { room: 'a' }, value: 1 }]);
  });

  it('let a gauge go in time, however often nothing could be seen', () => {
    const book = making(
      gauge('room_celsius', { from: { type: 'Sampled' }, field: 'celsius', 'expires-after': '1m' }),
    );
    book.tell(told('Sampled', { celsius: 20 }, 0));
    for (let s = 10; s <= 60; s += 10) {
      book.book.onSight(false, START_NS + s * NS.s);
      book.book.onSight(true, START_NS + (s + 1) * NS.s);
      book.tick((s + 2) * 1000);
      expect(book.samples('room_celsius')).toHaveLength(1);
    }
    book.tick(66_000);
    expect(book.samples('room_celsius')).toHaveLength(1);
    book.tick(67_000);
    expect(book.samples('room_celsius')).toEqual([]);
  });

  it('show one state of several that exclude each other', () => {
    const book = making(
      gauge('line_state', {
        from: [
          { type: 'LineChanged', value: 1 },
          { type: 'LineStopped', removes: true },
        ],
        labels: { line: 'line', state: 'state' },
        'one-per': ['line'],
      }),
    );
    const changed = (line: string, state: string) => book.tell(told('LineChanged', { line, state }));
    const shown = () => book.samples('line_state').map(({ labels }) => `${labels.line} ${labels.state}`);
    for (const state of ['idle', 'busy', 'busy', 'idle', 'broken']) changed('one', state);
    changed('two', 'idle');
    expect(shown().toSorted()).toEqual(['one broken', 'two idle']);
    book.tell(told('LineStopped', { line: 'one' }, 1));
    expect(shown()).toEqual(['two idle']);
  });

  it('are each on a page once, though one goes away and comes again while that is written', () => {
    const book = making(
      gauge('door_open', {
        from: [
          { type: 'DoorMoved', value: 1 },
          { type: 'DoorRemoved', removes: true },
        ],
        labels: { door: 'door' },
      }),
    );
    for (const door of ['a', 'b', 'c']) book.tell(told('DoorMoved', { door }));
    const [family] = [...book.book.families()].filter(({ name }) => name === 'door_open');
    const shown: string[] = [];
    for (const { labels } of family!.samples) {
      shown.push(labels.door!);
      if (shown.length > 1) continue;
      for (const door of ['b', 'a']) book.tell(told('DoorRemoved', { door }));
      for (const door of ['d', 'a', 'b']) book.tell(told('DoorMoved', { door }));
    }
    expect(shown).toEqual(['a', 'c']);
    expect(book.samples('door_open').map(({ labels }) => labels.door)).toHaveLength(4);
  });

  it('bound the combinations of labels: what is beyond is `other`, and counted', () => {
    const book = making({ ...REVENUE, scale: 1, 'max-series': 3 });
    for (let i = 0; i < 10; i++) book.tell(placed(i, { price: { cents: 1 }, country: `c${i % 5}` }));
    book.tell(placed(11, { price: { cents: 5 }, country: 'other' }));
    expect(book.samples('orders_value_euros_total')).toEqual([
      { labels: { country: 'other' }, value: 4 + 5 },
      { labels: { country: 'c0' }, value: 2 },
      { labels: { country: 'c1' }, value: 2 },
      { labels: { country: 'c2' }, value: 2 },
    ]);
    expect(book.figure('cim_monitor_metric_series_dropped_total', { metric: REVENUE.name })).toBe(4);
  });

  it('show what reads the same as one series, however it was written', () => {
    const book = making(REVENUE);
    const long = 'x'.repeat(200);
    book.tell(placed(0, { price: { cents: 100 }, country: `${long}a` }));
    book.tell(placed(0, { price: { cents: 100 }, country: `${long}b` }));
    book.tell(placed(0, { price: { cents: 100 }, country: true }));
    book.tell(placed(0, { price: { cents: 100 }, country: 'true' }));
    expect(book.samples('orders_value_euros_total')).toEqual([
      { labels: { country: 'x'.repeat(128) }, value: 2 },
      { labels: { country: 'true' }, value: 2 },
    ]);
    for (const country of ['\u0001', '\u0002', '\ud800', '\ufffd'])
      book.tell(placed(0, { price: { cents: 100 }, country }));
    expect(book.figure('orders_value_euros_total', { country: '\ufffd' })).toBe(4);
  });

  it('agree with a slow account of any events', () => {
    const step = fc.record({
      type: fc.constantFrom('Placed', 'Paid', 'Lost'),
      amount: fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constantFrom('7', null, undefined, true)),
      country: fc.constantFrom('a', 'b', 'c', 'd', undefined),
    });
    const common = {
      from: { type: 'P*' },
      field: 'amount',
      labels: { c: 'country' },
      'max-series': 3,
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = making(counter('a_total', common), gauge('b', common));
        const counters = new Map<string, number>();
        const gauges = new Map<string, number>();
        const under = (map: Map<string, number>, country: string) =>
          map.has(country) || [...map.keys()].filter((name) => name !== 'other').length < 3
            ? country
            : 'other';
        let wrong = 0;
        for (const { type, amount, country } of steps) {
          book.tell(told(type, { amount, country }));
          if (type === 'Lost' || amount === null || amount === undefined) continue;
          if (typeof amount === 'string') {
            wrong += 2;
            continue;
          }
          const value = Number(amount);
          gauges.set(under(gauges, country ?? ''), value);
          if (value < 0) wrong++;
          else {
            const label = under(counters, country ?? '');
            counters.set(label, (counters.get(label) ?? 0) + value);
          }
        }
        const shown = (name: string) =>
          Object.fromEntries(book.samples(name).map(({ labels, value }) => [labels.c, value]));
        expect(shown('a_total')).toEqual(Object.fromEntries(counters));
        expect(shown('b')).toEqual(Object.fromEntries(gauges));
        expect(book.errors).toHaveLength(wrong);
      }),
      { seed: 74, numRuns: 150 },
    );
  });
});
