import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { planned, times, wrongWith } from './planned-faults.js';

const KILL = 'kind: node-kill, target: one, restart-after: 2s';

describe('a fault that comes again', () => {
  it('comes `every` so often, `times` or `until`', () => {
    expect(times(planned(`- { at: 10s, every: 15s, times: 3, ${KILL} }`))).toEqual([
      [10, 2],
      [25, 2],
      [40, 2],
    ]);
    expect(times(planned(`- { at: 10s, every: 15s, until: 40s, ${KILL} }`))).toEqual([
      [10, 2],
      [25, 2],
    ]);
    expect(times(planned(`- { at: 10s, every: 15s, times: 9, until: 30s, ${KILL} }`))).toHaveLength(2);
  });

  it('comes as long as its recovery can be seen, unless told', () => {
    expect(times(planned(`- { at: 10s, every: 19s, ${KILL} }`)).map(([at]) => at)).toEqual([10, 29, 48, 67]);
    expect(times(planned(`- { at: 10s, every: 20s, ${KILL} }`)).map(([at]) => at)).toEqual([10, 30, 50]);
  });

  it('comes within a range of time, by the seed, and hits whom it draws each time', () => {
    const text = `- { at: 0s, every: 4s..6s, kind: node-kill, target: one, restart-after: 1s..3s }`;
    const runs = [1, 2, 3, 4, 5].map((seed) => planned(text, { seed }));
    for (const faults of runs) {
      const gaps = faults.slice(1).map(({ atNs }, i) => (atNs - (faults[i]?.atNs ?? 0)) / NS.s);
      expect(gaps.every((gap) => gap >= 4 && gap <= 6)).toBe(true);
      expect(new Set(gaps).size).toBeGreaterThan(3);
      expect(faults.every(({ forNs }) => forNs >= NS.s && forNs <= 3 * NS.s)).toBe(true);
      expect(faults[2]?.origin).toBe('faults[0] #3');
    }
    const nodes = runs[0]?.map(({ target }) => (target.role === 'node' ? target.node : ''));
    expect(new Set(nodes)).toEqual(new Set(['n1', 'n2', 'n3']));
  });

  it.each([
    [
      'every: 2s, times: 3',
      'faults[0].every: it holds for 2 s and comes again after 2 s: it would overlap itself',
    ],
    ['times: 3', 'faults[0].times: `times` goes with `every`'],
    ['until: 30s', 'faults[0].until: `until` goes with `every`'],
    ['every: 20s, until: 5s', 'faults[0].until: it would not begin once: it begins at 10 s'],
    [
      'every: 20s, times: 4',
      'faults[0].times: the fault may end as late as 72 s, but the load ends at 70 s: its recovery cannot be seen',
    ],
    [
      'every: 20s, times: 0',
      'faults[0].times: expected a whole number from 1 to 10000, such as 3, but it is `0`',
    ],
    [
      'every: 8s..2s',
      'faults[0].every: expected a range from the shorter to the longer duration, but it is `8s..2s`',
    ],
  ])('is refused with %s', (keys, message) => {
    expect(wrongWith(`- { at: 10s, ${keys}, ${KILL} }`).map((line) => line.replace(/ → .*$/, ''))).toEqual([
      message,
    ]);
  });
});

describe('a sequence', () => {
  const SEQUENCE = `- at: 10s
  sequence:
    - { kind: node-kill, target: n1, restart-after: 20s }
    - { after: 5s, kind: node-pause, target: n2, for: 10s, allow-quorum-loss: true }
    - { kind: node-kill, target: n3, restart-after: 3s, allow-quorum-loss: true }
    - { after-end: 5s, kind: node-kill, target: leader, restart-after: 3s }`;

  it('goes on when the step before has ended, or while it still holds', () => {
    const faults = planned(SEQUENCE);
    expect(times(faults)).toEqual([
      [10, 20],
      [15, 10],
      [25, 3],
      [33, 3],
    ]);
    expect(faults.map(({ follows }) => follows)).toEqual([
      undefined,
      { fault: 'fault-1', since: 'begin', afterNs: 5 * NS.s },
      { fault: 'fault-2', since: 'end', afterNs: 0 },
      { fault: 'fault-3', since: 'end', afterNs: 5 * NS.s },
    ]);
    expect(faults[1]?.origin).toBe('faults[0].sequence[1]');
  });

  it('may be repeated, each time with its own draws', () => {
    const text = `- at: 5s
  every: 15s
  times: 3
  sequence:
    - { kind: node-kill, target: one, restart-after: 2s }
    - { kind: node-pause, target: one, for: 2s }`;
    const faults = planned(text);
    expect(times(faults).map(([at]) => at)).toEqual([5, 7, 20, 22, 35, 37]);
    expect(faults.map(({ follows }) => follows?.fault)).toEqual([
      undefined,
      'fault-1',
      undefined,
      'fault-3',
      undefined,
      'fault-5',
    ]);
    expect(faults[3]?.origin).toBe('faults[0].sequence[1] #2');
  });

  it('waits as a whole for a condition', () => {
    const text = `- when: messages(ORDERS) > 1k
  within: 20s
  at: 5s
  sequence:
    - { kind: node-kill, target: one, restart-after: 2s }
    - { after: 1s, kind: node-kill, target: leader, restart-after: 2s, allow-quorum-loss: true }`;
    const [first, second] = planned(text);
    expect(first).toMatchObject({
      atNs: 5 * NS.s,
      when: { withinNs: 20 * NS.s, condition: { of: { kind: 'messages', stream: 'ORDERS' }, bound: 1000 } },
    });
    expect(second?.when).toBeUndefined();
    expect(second).toMatchObject({ atNs: 6 * NS.s, follows: { fault: 'fault-1', since: 'begin' } });
  });

  it.each([
    [
      'without steps',
      '- { at: 1s, sequence: [] }',
      'faults[0].sequence: expected a list of faults, but it is an empty list',
    ],
    [
      'whose first step waits',
      '- { at: 1s, sequence: [{ after: 1s, kind: node-kill, target: n1, restart-after: 1s }] }',
      'faults[0].sequence[0].after: the first step begins with the sequence',
    ],
    [
      'with a step that has a time of its own',
      '- { at: 1s, sequence: [{ at: 1s, kind: node-kill, target: n1, restart-after: 1s }] }',
      'faults[0].sequence[0].at: unknown key `at`',
    ],
    [
      'that has no time',
      '- { sequence: [{ kind: node-kill, target: n1, restart-after: 1s }] }',
      'faults[0].at: this key is missing: when it begins',
    ],
    [
      'that ends after the load',
      '- { at: 60s, sequence: [{ kind: node-kill, target: n1, restart-after: 6s }, { kind: node-kill, target: n1, restart-after: 6s }] }',
      'faults[0]: the sequence ends at 72 s, but the load ends at 70 s',
    ],
    [
      'whose name is mistyped',
      '- { at: 1s, sequnce: [{ kind: node-kill, target: n1, restart-after: 1s }] }',
      'faults[0].sequnce: unknown key `sequnce` → Did you mean `sequence`?',
    ],
    [
      'with a step of two minds',
      '- { at: 1s, sequence: [{ kind: node-kill, target: n1, restart-after: 1s }, { after: 1s, after-end: 1s, kind: node-kill, target: n1, restart-after: 1s }] }',
      'faults[0].sequence[1].after-end: `after-end` counts from the end of the step before, `after` from its beginning',
    ],
  ])('%s is refused', (_, text, message) => {
    const found = wrongWith(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

describe('a fault that waits for a condition', () => {
  it('has it, and how long it is waited for', () => {
    const [fault] = planned(
      '- { when: backlog > 10k, within: 30s, kind: node-kill, target: n1, restart-after: 2s }',
    );
    expect(fault).toMatchObject({
      atNs: 0,
      when: {
        condition: { text: 'backlog > 10k', of: { kind: 'backlog' }, comparison: '>', bound: 10_000 },
        withinNs: 30 * NS.s,
      },
    });
  });

  it.each([
    [
      'when: backlog > 10k',
      'faults[0].within: this key is missing: how long the condition is waited for, such as 30s',
    ],
    ['within: 10s, at: 1s', 'faults[0].within: `within` goes with `when`'],
    [
      'when: backlog > 10k, within: 69s',
      'faults[0].within: the fault may end as late as 71 s, but the load ends at 70 s: its recovery cannot be seen',
    ],
    [
      'when: backlog > 10k, within: 9s, every: 20s',
      'faults[0].every: what waits for a condition (`when`) comes once',
    ],
  ])('is refused with %s', (keys, message) => {
    expect(wrongWith(`- { ${keys}, ${KILL} }`).map((line) => line.replace(/ → .*$/, ''))).toEqual([message]);
  });
});
