import { describe, expect, it } from 'vitest';
import { LOAD_KINDS } from '../../src/app/plugins.js';
import { NS } from '../../src/base/nanoseconds.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { Arrival } from '../../src/contracts/plan/schedule.js';
import { fairShares } from '../../src/traces/fair-shares.js';
import { SpanBudget } from '../../src/traces/span-budget.js';
import { wantedTraces } from '../../src/traces/wanted-traces.js';

describe('what there is, shared out', () => {
  it.each([
    ['alike among those that want all they can have', 90, [Infinity, Infinity, Infinity], [30, 30, 30]],
    [
      'so that what those leave who want little goes to those who want more',
      90,
      [80, 10, Infinity],
      [40, 10, 40],
    ],
    ['as each wants, and what is left to all alike', 90, [30, 0, 15], [45, 15, 30]],
    ['to one', 90, [7], [90]],
    ['to nobody', 90, [], []],
  ])('goes %s', (_, total, wanted, shares) => {
    expect(fairShares(total, wanted)).toEqual(shares);
  });
});

describe('the traces that a thread would begin a second', () => {
  const load = (
    perSec: number,
    more: Partial<LoadPlan> = {},
    arrival: Arrival = { kind: 'constant' },
  ): LoadPlan => ({
    name: 'orders',
    kind: 'publish',
    domains: ['orders'],
    schedule: {
      mode: 'open',
      unit: 'operations',
      arrival,
      stages: [
        { fromPerSec: 0, toPerSec: perSec, durationNs: NS.s },
        { fromPerSec: perSec, toPerSec: 1, durationNs: NS.s },
      ],
    },
    atNs: 0,
    warmUpNs: 0,
    workers: 2,
    params: { traceparent: 0 },
    ...more,
  });

  it('are its part of what the load samples when it is at its busiest, and as much again', () => {
    expect(wantedTraces(load(10_000), 10)).toBe(1000);
    expect(wantedTraces(load(10_000, { workers: 1 }), 10)).toBe(2000);
  });

  it('are no more than its events that carry a trace', () => {
    expect(wantedTraces(load(10_000, { params: { traceparent: 100 } }), 10)).toBe(100);
    expect(wantedTraces(load(10_000, { params: { traceparent: 1 } }), 10)).toBe(1000);
  });

  it('are ten at least, for two may come at once', () => {
    expect(wantedTraces(load(10), 100)).toBe(10);
  });

  it.each<[string, LoadPlan]>([
    ['a load of agents', load(1, { schedule: { mode: 'follow' } })],
    ['one as fast as it can', load(1, { schedule: { mode: 'max', durationNs: NS.s } })],
    ['one in bursts', load(1, {}, { kind: 'bursts', size: 1000 })],
  ])('are as many as may be, of %s', (_, unknown) => {
    expect(wantedTraces(unknown, 100)).toBe(Number.POSITIVE_INFINITY);
  });

  it('are begun by loads whose events carry one, and by agents, and by no other kind', () => {
    const beginning = LOAD_KINDS.filter(({ facts }) => facts.beginsTraces).map(({ kind }) => kind);
    const carrying = LOAD_KINDS.filter(({ schema }) => 'traceparent' in schema.shape).map(({ kind }) => kind);
    expect(carrying).toEqual(expect.arrayContaining(['publish', 'js-publish']));
    expect(beginning.toSorted()).toEqual([...carrying, 'agents'].sort());
  });
});

describe('the spans of a run', () => {
  it('are so many a second, whatever was left over long ago', () => {
    const budget = new SpanBudget(1000, 0);
    // Nobody sends anything for an hour; then all do.
    let taken = 0;
    for (let sec = 3600; sec < 3610; sec++) taken += budget.take(50_000, sec * NS.s);
    expect(taken).toBe(3000 + 9 * 1000);
  });

  it('are all recorded where they are no more, however their reports are put off', () => {
    const budget = new SpanBudget(1000, 0);
    const atSec = [0.4, 2.9, 3, 3.1, 5.6, 6.2];
    const taken = atSec.map((sec) => budget.take(1000, sec * NS.s));
    expect(taken).toEqual(atSec.map(() => 1000));
  });

  it('give way to those of the run itself, which are always recorded', () => {
    const budget = new SpanBudget(10, 0);
    for (let i = 0; i < 40; i++) budget.takeAnyway(0);
    expect(budget.take(5, 0)).toBe(0);
    expect(budget.take(5, NS.s)).toBe(0);
    expect(budget.take(5, 1.3 * NS.s)).toBe(3);
  });
});
