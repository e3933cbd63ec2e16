import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import type { JournalEvent } from '../../../src/contracts/journal.js';
import { recordedFaults } from '../../../src/scenario/faults/recorded-faults.js';
import { replayProblems } from '../../../src/scenario/faults/replay-problems.js';
import { edited, plan, plugins, VALID } from '../plugins.js';
import { planned, times, withFaults } from './planned-faults.js';

const RUN = planned(`- at: 5s
  when: backlog > 10k
  within: 20s
  sequence:
    - { kind: node-kill, target: one, restart-after: 5s }
    - { after: 2s, kind: node-pause, target: leader, for: 10s, allow-quorum-loss: true }
- { at: 50s, kind: node-kill, target: leader, restart-after: 5s }`);

const line = (t: number, type: JournalEvent['type'], fault: string, more = {}): JournalEvent => ({
  time: '2026-11-22T10:00:00.000Z',
  t,
  type,
  fault,
  ...more,
});

/** fault-1 as planned once its condition came, fault-2 healed before its time, fault-3 not made. */
const JOURNAL: readonly JournalEvent[] = [
  line(17.2, 'fault-recorded', 'fault-1'),
  line(17.3, 'fault-injected', 'fault-1'),
  line(19.25, 'fault-recorded', 'fault-2'),
  line(19.3, 'fault-injected', 'fault-2'),
  line(22.3, 'fault-reverted', 'fault-1'),
  line(23.25, 'fault-reverted', 'fault-2'),
  line(50, 'fault-failed', 'fault-3', { error: 'nobody leads' }),
];

describe('the faults of a run that was', () => {
  const recorded = recordedFaults('4f2a', RUN, JOURNAL);

  it('are those that were made, at the times at which they were, for as long as they held', () => {
    expect(times(recorded.faults)).toEqual([
      [17.2, 5],
      [19.25, 4],
    ]);
    expect(recorded.notMade).toEqual(['fault-3']);
  });

  it('wait for nothing any more, and are the same in everything else', () => {
    for (const [i, fault] of recorded.faults.entries()) {
      const { when: _, follows: __, atNs: ___, forNs: ____, origin: _____, ...same } = RUN[i]!;
      expect(fault).toMatchObject(same);
      expect(fault.when ?? fault.follows).toBeUndefined();
      expect(fault.origin).toBe(`fault-${i + 1} of run 4f2a`);
    }
  });

  it('are those that were made by hand, too, which no plan knows', () => {
    const byHand = { ...RUN[0]!, id: 'hand-1', atNs: 0, forNs: 3 * NS.s };
    const journal = [
      line(8, 'fault-recorded', 'hand-1', { plan: byHand }),
      line(8.1, 'fault-injected', 'hand-1'),
      ...JOURNAL,
    ];
    const { faults } = recordedFaults('4f2a', RUN, journal);
    expect(faults.map(({ id, atNs }) => [id, atNs / NS.s])).toEqual([
      ['hand-1', 8],
      ['fault-1', 17.2],
      ['fault-2', 19.25],
    ]);
  });

  it('hold as long as planned where the run died before it healed them', () => {
    const { faults } = recordedFaults('4f2a', RUN, JOURNAL.slice(0, 4));
    expect(times(faults)).toEqual([
      [17.2, 5],
      [19.25, 10],
    ]);
  });
});

describe('faults that are made again', () => {
  const { faults } = recordedFaults('4f2a', RUN, JOURNAL);
  const problemsOf = (text: string, isOwn = false) => replayProblems(plan(text), faults, isOwn, plugins);
  const calm = withFaults('- { at: 1s, kind: node-kill, target: n1, restart-after: 1s }');

  it('go together with a scenario that has room for them', () => {
    expect(problemsOf(calm)).toEqual([]);
    expect(problemsOf(VALID)).toEqual([]);
  });

  it.each([
    [
      'that ends before they begin',
      calm.replace('for: 70s', 'for: 15s'),
      'fault-1: it begins at 17.2 s, but the load ends at 15 s',
    ],
    [
      'that ends while they hold',
      calm.replace('for: 70s', 'for: 20s'),
      'fault-1: it ends at 22.2 s, but the load ends at 20 s',
    ],
    [
      'whose guards let none hold so long',
      `${calm}guards: { longest: 4s }\n`,
      'fault-1: it holds for 5 s, and guards.longest is 4 s',
    ],
    ['whose guards let only one hold', `${calm}guards: { at-most: 1 }\n`, 'fault-2: 2 faults hold at 19.3 s'],
    [
      'whose driver cannot make them',
      edited(
        [
          'driver: process, nodes: 3',
          'driver: external, servers: [nats://10.0.0.1:4222], allow: [10.0.0.1:4222]',
        ],
        ['faults:\n  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }\n', ''],
        ['  recovery_time: ["max < 30s"]\n', ''],
      ),
      'fault-1: node-kill needs process-control',
    ],
  ])('do not with one %s', (_, text, message) => {
    expect(problemsOf(text)[0]).toContain(message);
  });

  it('hit no node that is not there', () => {
    const elsewhere = faults.map((fault) => ({ ...fault, target: { role: 'node', node: 'n7' } as const }));
    expect(replayProblems(plan(calm), elsewhere, false, plugins)[0]).toBe(
      'fault-1: there is no node `n7`: the nodes are n1, n2, n3',
    );
  });

  it('may end a moment late in their own plan', () => {
    const late = faults.map((fault) => ({ ...fault, atNs: 66 * NS.s }));
    expect(replayProblems(plan(calm), late.slice(0, 1), true, plugins)).toEqual([]);
    expect(replayProblems(plan(calm), late.slice(0, 1), false, plugins)).toHaveLength(1);
  });
});
