import { describe, expect, it } from 'vitest';
import { told } from '../plugins.js';
import { planned, withFaults, wrongWith } from './planned-faults.js';

const kill = (at: string, target: string, lasts: string, more = ''): string =>
  `- { at: ${at}, kind: node-kill, target: ${target}, restart-after: ${lasts}${more} }`;
const pause = (at: string, target: string, lasts: string): string =>
  `- { at: ${at}, kind: node-pause, target: ${target}, for: ${lasts}, allow-quorum-loss: true }`;

const first = (text: string, more = ''): string | undefined =>
  wrongWith(text, more)[0]?.replace(/ → .*$/, '');

describe('faults that contradict each other', () => {
  it('have the same process to themselves at the same time: both are named', () => {
    expect(first(`${kill('10s', 'n2', '20s')}\n${pause('25s', 'n2', '10s')}`)).toBe(
      'faults[1]: node-pause from 25 s to 35 s contradicts faults[0], node-kill from 10 s to 30 s: both have the process of n2 to themselves',
    );
    expect(first(`${pause('25s', '"n1, n2"', '10s')}\n${kill('10s', 'n2', '20s')}`)).toContain(
      'faults[1]: node-kill from 10 s to 30 s contradicts faults[0], node-pause from 25 s to 35 s: both have the process of n2 to themselves',
    );
  });

  it('do not when one ends before the other begins, or on other nodes', () => {
    expect(wrongWith(`${kill('10s', 'n2', '20s')}\n${pause('30s', 'n2', '10s')}`)).toEqual([]);
    expect(wrongWith(`${kill('10s', 'n2', '20s')}\n${pause('20s', 'n1', '10s')}`)).toEqual([]);
  });

  it('are found in a sequence, too, also in one that waits', () => {
    const steps = `sequence: [{ kind: node-kill, target: n1, restart-after: 10s }, { after: 5s, kind: node-pause, target: n1, for: 2s }]`;
    expect(first(`- { at: 10s, ${steps} }`)).toContain(
      'faults[0].sequence[1]: node-pause from 15 s to 17 s contradicts faults[0].sequence[0]',
    );
    expect(first(`- { when: backlog > 5, within: 10s, ${steps} }`)).toContain(
      'faults[0].sequence[1]: node-pause contradicts faults[0].sequence[0], node-kill: both have the process of n1',
    );
  });

  it('are not looked for where nobody knows when they come', () => {
    const text = `${kill('10s', 'n1', '30s')}\n- { when: backlog > 5, within: 20s, kind: node-pause, target: n1, for: 2s }`;
    expect(wrongWith(text)).toEqual([]);
  });
});

describe('faults beyond the guards', () => {
  const three = ['n1', 'n2', 'n3'].map((node) => kill('10s', node, '20s', ', allow-quorum-loss: true'));

  it('are more than at-most at the same time', () => {
    expect(first(three.join('\n'), 'guards: { at-most: 2 }\n')).toBe(
      'faults[2]: 3 faults hold at 10 s (faults[0], faults[1], faults[2]), and guards.at-most is 2',
    );
    expect(wrongWith(three.join('\n'), 'guards: { at-most: 3 }\n')).toEqual([]);
  });

  it('hold for longer than the longest may', () => {
    expect(first(kill('10s', 'n1', '5s..12s'), 'guards: { longest: 10s }\n')).toBe(
      'faults[0].restart-after: the fault holds for 12 s, and guards.longest is 10 s',
    );
    expect(wrongWith(kill('10s', 'n1', '5s..10s'), 'guards: { longest: 10s }\n')).toEqual([]);
  });
});

describe('faults that certainly take a quorum away', () => {
  const lost = (text: string) => first(text)?.replace(/^faults\[\d\]: /, '');

  it.each([
    [kill('10s', '2', '5s'), 'from 10 s on it would take the quorum of the meta group of 3 nodes away'],
    [
      `${kill('10s', 'n1', '20s')}\n${kill('15s', 'n2', '5s')}`,
      'from 15 s on faults[0], faults[1] would take the quorum of the meta group of 3 nodes away',
    ],
    [
      `${kill('10s', 'n1', '20s')}\n${kill('15s', 'leader', '5s')}`,
      'from 15 s on faults[0], faults[1] would take the quorum of the meta group of 3 nodes away',
    ],
  ])('%s', (text, message) => {
    expect(lost(text)).toBe(message);
  });

  it.each([
    ['is allowed for the fault', kill('10s', '2', '5s', ', allow-quorum-loss: true')],
    [
      'is not certain: the leader may be the same node',
      `${kill('10s', 'leader', '9s')}\n${kill('12s', 'n1', '5s')}`,
    ],
    ['is not, one after the other', `${kill('10s', 'n1', '5s')}\n${kill('15s', 'n2', '5s')}`],
  ])('are let pass where that %s', (_, text) => {
    expect(wrongWith(text)).toEqual([]);
  });

  it('are let pass where the guards allow it', () => {
    expect(wrongWith(kill('10s', 'majority', '5s'), 'guards: { allow-quorum-loss: true }\n')).toEqual([]);
    expect(planned(kill('10s', 'majority', '5s'), {}, 'guards: { allow-quorum-loss: true }\n')).toHaveLength(
      1,
    );
  });

  it('are told of a stream of two replicas that loses its leader', () => {
    const text = withFaults(kill('10s', 'stream-leader(ORDERS)', '5s')).replace('replicas: 3', 'replicas: 2');
    expect(told(text)).toEqual([
      expect.stringContaining('it would take the quorum of the stream ORDERS of 2 replicas away'),
    ]);
  });
});
