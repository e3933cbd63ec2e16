import { describe, expect, it } from 'vitest';
import { LOAD_COUNTERS, type LoadCounter } from '../../src/contracts/load.js';
import type { LoadResult } from '../../src/contracts/run-result.js';
import { confirmationFindings, loadFindings } from '../../src/engine/findings.js';

function load(kind: string, counters: Partial<Record<LoadCounter, number>>): LoadResult {
  const all = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, counters[name] ?? 0])) as Record<
    LoadCounter,
    number
  >;
  const total = { phase: 'total', durationNs: 1e9, counters: all, histograms: {} } as const;
  return { name: 'it', kind, durationNs: 1e9, phases: [], total };
}

const found = (kind: string, counters: Partial<Record<LoadCounter, number>>) =>
  loadFindings(
    [load(kind, counters)],
    (each) => each === 'request',
    (each) => each === 'publish',
  ).map(({ exit, text }) => [exit, text]);

describe('what is found of a load', () => {
  it('is nothing where it only listens, and heard something', () => {
    expect(found('subscribe', { received: 10, lost: 990 })).toEqual([]);
    expect(found('service', { received: 10, sent: 9, ok: 9 })).toEqual([]);
  });

  it('is that it says nothing, where it neither sent nor heard anything', () => {
    expect(found('subscribe', {})).toEqual([['inconclusive', 'load it neither sent nor received anything']]);
    expect(found('publish', { due: 10 })).toEqual([['inconclusive', 'load it sent nothing']]);
  });

  it('is that nobody listened, where the monitor should have received its events and had none', () => {
    const sent = { due: 10, sent: 10, ok: 10, lost: 10 };
    expect(found('publish', sent)).toEqual([
      ['inconclusive', 'load it: the monitor received none of its 10 events'],
    ]);
    expect(found('publish', { ...sent, received: 1, lost: 9 })).toEqual([]);
    expect(found('request', sent)).toEqual([]);
  });

  it('is how much did not get through, where that is most of it', () => {
    expect(found('request', { due: 100, sent: 100, ok: 40 })).toEqual([
      ['expectation', 'load it: 60 of 100 operations did not get through'],
    ]);
    expect(found('request', { due: 100, sent: 100 })).toEqual([
      ['inconclusive', 'load it: none of 100 operations was acknowledged'],
    ]);
    expect(found('request', { due: 100, sent: 100, ok: 60 })).toEqual([]);
  });
});

describe("the servers' own counters", () => {
  const confirmedBy = (confirmed: Record<string, number>) =>
    confirmationFindings([load('connections', { ok: 50 })], { confirmed, restarted: [] }, []);

  it('must confirm what was done, unless it was no messages', () => {
    expect(confirmedBy({ it: 50 })).toEqual([]);
    expect(confirmedBy({ it: 49 })).toMatchObject([{ exit: 'inconclusive' }]);
    expect(confirmedBy({})).toEqual([]);
  });
});
