import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { DEFAULT_EVENT_READING } from '../../../src/contracts/event-reading.js';
import { EventCounter } from '../../../src/monitor/event-counter.js';
import { localMessages } from '../../../src/monitor/local-message.js';
import { EventFigures } from '../../../src/monitor/page/event-figures.js';
import { writeStamp } from '../../../src/wire/stamp.js';

interface Settings {
  readonly source?: readonly string[];
  readonly sequence?: readonly string[];
  readonly maxSources?: number;
}

/** A monitor's counter that is told which field numbers events. */
function counting({ sequence = ['seq'], source = ['producer'], maxSources = 100 }: Settings = {}) {
  const { fields } = DEFAULT_EVENT_READING;
  const counter = new EventCounter({
    plan: {
      ...{ port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 },
      reading: {
        ...DEFAULT_EVENT_READING,
        fields: { ...fields, sequence, source },
        declaredFields: ['sequence', 'source'],
        maxSources,
      },
    },
    writers: [],
  });
  const say = localMessages((view) => counter.onMessage(view));
  const figures = new EventFigures(counter);
  const samples = (name: string) =>
    [...figures.families()].flatMap((each) => (each.name === name ? [...each.samples] : []));
  return {
    counter,
    tell: (domain: string, payload: object | Uint8Array) => {
      counter.onReadStart();
      const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
      say(`cim.events.${domain}.Placed`, bytes);
    },
    samples,
    of: (domain: string) => {
      counter.settle();
      counter.settle();
      const figure = (name: string) =>
        samples(name).find(({ labels }) => labels.domain === domain)?.value ?? 0;
      return {
        received: figure('cim_events_received_total'),
        lost: figure('cim_events_lost_total'),
        ...(figure('cim_events_late_total') > 0 && { late: figure('cim_events_late_total') }),
        unseen: figure('cim_events_unseen_total'),
        duplicated: figure('cim_events_duplicated_total'),
      };
    },
    errors: () => counter.errors.total('wrong-type'),
  };
}

const time = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString();

describe('events that somebody else has numbered', () => {
  it('are followed by their source: what is missing, late, or comes again', () => {
    const { tell, of } = counting();
    for (const seq of [1, 2, 5, 4, 5, 8]) tell('orders', { producer: 'shop-1', seq });
    for (const seq of [7, '8', 9]) tell('orders', { producer: 'shop-2', seq });
    expect(of('orders')).toEqual({ received: 5 + 3, lost: 3, unseen: 6, duplicated: 1 });
    tell('orders', { producer: 'shop-1', seq: 3 });
    // What was lost never falls, as no counter does.
    expect(of('orders')).toMatchObject({ received: 9, lost: 3, late: 1 });
  });

  it('belong to the domain of the first event of their source, whichever it writes to', () => {
    const { tell, of } = counting();
    for (const [seq, domain] of [
      [0, 'orders'],
      [1, 'billing'],
      [3, 'billing'],
    ] as const)
      tell(domain, { producer: 7, seq });
    expect(of('orders')).toEqual({ received: 3, lost: 1, unseen: 0, duplicated: 0 });
    expect(of('billing')).toEqual({ received: 0, lost: 0, unseen: 0, duplicated: 0 });
  });

  it('are numbered by their domain where no field says who does', () => {
    const { tell, of } = counting({ source: [] });
    for (const seq of [1, 3]) tell('orders', { seq, producer: `p${seq}` });
    for (const seq of [1, 2]) tell('billing', { seq });
    expect(of('orders')).toMatchObject({ received: 2, lost: 1 });
    expect(of('billing')).toMatchObject({ received: 2, lost: 0 });
  });

  it('are followed in arrays, and not where a stamp numbers them', () => {
    const { tell, of } = counting();
    tell('orders', [
      { producer: 'a', seq: 1 },
      { producer: 'a', seq: 3 },
    ]);
    const stamped = Buffer.concat([Buffer.alloc(16), Buffer.from('{"producer":"a","seq":9}')]);
    writeStamp(stamped, 0, 3, 0, 1);
    tell('orders', stamped);
    expect(of('orders')).toEqual({ received: 2, lost: 1, unseen: 0, duplicated: 0 });
  });

  it('say what is wrong with a number, and are not followed without a source', () => {
    const { tell, of, errors } = counting();
    for (const seq of ['x', -1, 1.5, 1e300, { a: 1 }, [1], true, '']) tell('orders', { producer: 'a', seq });
    expect(errors()).toBe(8);
    for (const event of [
      { seq: 5 },
      { producer: 'a' },
      { producer: 'a', seq: null },
      { producer: '', seq: 1 },
    ])
      tell('orders', event);
    expect(errors()).toBe(8);
    expect(of('orders').received).toBe(0);
  });

  it('may begin anew, which their times tell from copies of old ones', () => {
    const { tell, of } = counting();
    const at = (ms: number, seq: number) => tell('orders', { producer: 'a', seq, time: time(ms) });
    for (let seq = 1; seq <= 50; seq++) at(seq, seq);
    at(1, 1);
    expect(of('orders')).toEqual({ received: 50, lost: 0, unseen: 0, duplicated: 1 });
    at(100, 1);
    at(101, 2);
    at(102, 4);
    expect(of('orders')).toEqual({ received: 53, lost: 1, unseen: 0, duplicated: 1 });
    // Sent again by who did not know that it had arrived, with the time of the second sending.
    at(103, 4);
    expect(of('orders')).toMatchObject({ received: 53, lost: 1, duplicated: 2 });
  });

  it('recover from a number that nobody can have reached', () => {
    const { tell, of, errors } = counting();
    tell('orders', { producer: 'a', seq: 1, time: time(1) });
    tell('orders', { producer: 'a', seq: Number.MAX_SAFE_INTEGER - 1, time: time(2) });
    for (let seq = 2; seq < 10; seq++) tell('orders', { producer: 'a', seq, time: time(1 + seq) });
    expect(of('orders')).toMatchObject({ received: 9, lost: 0, duplicated: 0 });
    expect(errors()).toBe(1);
  });

  it('are of so many sources at most: the rest is counted as not followed', () => {
    const { tell, of, samples } = counting({ maxSources: 10 });
    for (let i = 0; i < 300; i++) tell('orders', { producer: `p${i % 30}`, seq: 1 + Math.floor(i / 30) });
    expect(of('orders')).toEqual({ received: 100, lost: 0, unseen: 0, duplicated: 0 });
    expect(samples('cim_monitor_source_events_dropped_total')).toEqual([{ labels: {}, value: 200 }]);
  });

  it('belong to `other` beyond so many domains', () => {
    const { tell, of, samples } = counting({ maxSources: 3000 });
    for (let i = 0; i < 1500; i++) tell(`d${i}`, { producer: `p${i}`, seq: 1 });
    expect(of('other').received).toBe(500);
    expect(samples('cim_events_received_total')).toHaveLength(1 + 1 + 1000);
  });

  it('give way when they are silent for long, and what they have lost stays lost', () => {
    const { counter, of } = counting({ maxSources: 2 });
    const { sources } = counter.numbers!;
    const key = { a: 0, b: 0 };
    const take = (name: number, sequence: number, atNs: number) => {
      const named = { ...key, a: name } as Parameters<typeof sources.find>[0];
      const known = sources.find(named);
      const slot = known < 0 ? sources.add(named, 'orders', sequence, atNs) : known;
      if (slot >= 0) sources.take(slot, sequence, Number.NaN, atNs);
    };
    take(1, 5, 0);
    take(1, 9, 1);
    take(2, 1, 11 * NS.min);
    expect(of('orders')).toEqual({ received: 3, lost: 3, unseen: 4, duplicated: 0 });
    take(3, 1, 11 * NS.min);
    take(4, 1, 12 * NS.min);
    expect(sources.dropped).toBe(1);
    expect(of('orders')).toEqual({ received: 4, lost: 3, unseen: 4, duplicated: 0 });
  });

  it('cost nothing and show nothing where no field is named', () => {
    const { counter, samples, tell } = counting({ sequence: [], source: [] });
    tell('orders', { seq: 4, producer: 'a' });
    expect(counter.numbers).toBeUndefined();
    expect(samples('cim_events_received_total')).toEqual([{ labels: { load: 'unknown' }, value: 0 }]);
  });

  it('come to what was sent, whatever is lost, late, or repeated on the way', () => {
    const fate = fc.record({
      lost: fc.boolean(),
      lateBy: fc.integer({ min: 0, max: 200 }),
      copies: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fate, { minLength: 2, maxLength: 300 }), (fates) => {
        const { tell, of } = counting();
        // The first and the last arrive in time: nobody can know of others.
        const last = fates.length - 1;
        const sent = fates.map(({ lost, lateBy, copies }, i) => {
          const isEnd = i === 0 || i === last;
          return { seq: i + 1, copies: isEnd ? 1 : lost ? 0 : copies, at: isEnd ? i : i + lateBy };
        });
        sent.sort((a, b) => a.at - b.at);
        for (const { seq, copies } of sent)
          for (let copy = 0; copy < copies; copy++) tell('orders', { producer: 'a', seq, time: time(seq) });
        const received = sent.filter(({ copies }) => copies > 0).length;
        const duplicated = sent.reduce((sum, { copies }) => sum + Math.max(0, copies - 1), 0);
        const lost = sent.length - received;
        expect(of('orders')).toEqual({ received, lost, unseen: 0, duplicated });
      }),
      { seed: 78, numRuns: 100 },
    );
  });
});
