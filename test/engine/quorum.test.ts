import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RaftGroup } from '../../src/contracts/control.js';
import type { Impact } from '../../src/contracts/fault.js';
import { groupsWithoutQuorum } from '../../src/engine/quorum.js';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const meta = (size: number): RaftGroup => ({ name: 'meta', peers: NODES.slice(0, size) });
const down = (...names: string[]): Impact => ({ down: names, cuts: [] });
const bothWays = (a: string, b: string) => [
  { from: a, to: b },
  { from: b, to: a },
];
const lost = (groups: readonly RaftGroup[], ...impacts: Impact[]) =>
  groupsWithoutQuorum(groups, impacts).map(({ name }) => name);

describe('the quorum of Raft groups', () => {
  it('survives the loss of a minority, and not of a majority', () => {
    expect(lost([meta(3)], down('n1'))).toEqual([]);
    expect(lost([meta(3)], down('n1', 'n2'))).toEqual(['meta']);
    expect(lost([meta(5)], down('n1'), down('n2'))).toEqual([]);
    expect(lost([meta(5)], down('n1'), down('n2'), down('n3'))).toEqual(['meta']);
  });

  it('is asked of every group by itself: two of five nodes may be two of a stream of three', () => {
    const orders: RaftGroup = { name: 'stream ORDERS', peers: ['n1', 'n2', 'n4'] };
    expect(lost([meta(5), orders], down('n1', 'n2'))).toEqual(['stream ORDERS']);
    expect(lost([meta(5), orders], down('n3', 'n5'))).toEqual([]);
  });

  it('needs answers: five nodes that hear each other only one way have none', () => {
    const cutTo = (step: number) => NODES.map((from, i) => ({ from, to: NODES[(i + step) % 5] as string }));
    // In a ring, each still reaches the two that are not beside it, and itself: three of five.
    expect(lost([meta(5)], { down: [], cuts: cutTo(1) })).toEqual([]);
    expect(lost([meta(5)], { down: [], cuts: [...cutTo(1), ...cutTo(2)] })).toEqual(['meta']);
  });

  it('is kept by a third node when one pair is cut, and lost when that one is away too', () => {
    const pair: Impact = { down: [], cuts: bothWays('n1', 'n2') };
    expect(lost([meta(3)], pair)).toEqual([]);
    expect(lost([meta(3)], pair, down('n3'))).toEqual(['meta']);
  });

  it('is not lost to what takes all nodes away, one after the other, unless another is away meanwhile', () => {
    const rolling: Impact = { down: ['n1', 'n2', 'n3'], cuts: [], oneAtATime: true };
    expect(lost([meta(3)], rolling)).toEqual([]);
    expect(lost([meta(3)], rolling, down('n3'))).toEqual(['meta']);
    expect(lost([meta(5)], rolling, rolling)).toEqual([]);
    expect(lost([meta(3)], rolling, rolling)).toEqual(['meta']);
  });

  it('is what some set of peers says that makes a majority around one of them', () => {
    const node = fc.constantFrom(...NODES);
    const impact = fc.record({
      down: fc.uniqueArray(node, { maxLength: 3 }),
      cuts: fc.array(fc.record({ from: node, to: node }), { maxLength: 12 }),
      oneAtATime: fc.option(fc.constant(true as const), { nil: undefined }),
    });
    const peers = fc.uniqueArray(node, { minLength: 2 });
    fc.assert(
      fc.property(peers, fc.array(impact, { maxLength: 3 }), (members, drawn) => {
        const impacts = drawn.map(
          ({ oneAtATime, ...rest }): Impact => ({ ...rest, ...(oneAtATime && { oneAtATime }) }),
        );
        const isLost = groupsWithoutQuorum([{ name: 'group', peers: members }], impacts).length > 0;
        expect(isLost).toBe(everyChoice(impacts).some((moment) => !hasMajorityByForce(members, moment)));
      }),
      { seed: 11, numRuns: 1500 },
    );
  });
});

/** Every way in which one node of each impact that hits one at a time may be the one that is away. */
function everyChoice(impacts: readonly Impact[]): Impact[][] {
  const [first, ...rest] = impacts;
  if (first === undefined) return [[]];
  const choices = first.oneAtATime && first.down.length > 0 ? first.down.map((name) => [name]) : [first.down];
  return choices.flatMap((away) =>
    everyChoice(rest).map((others) => [{ down: away, cuts: first.cuts }, ...others]),
  );
}

/** Tries every set of peers. */
function hasMajorityByForce(peers: readonly string[], moment: readonly Impact[]): boolean {
  const isDown = (name: string) => moment.some((impact) => impact.down.includes(name));
  const isCut = (from: string, to: string) =>
    from !== to && moment.some(({ cuts }) => cuts.some((cut) => cut.from === from && cut.to === to));
  for (let set = 1; set < 2 ** peers.length; set++) {
    const members = peers.filter((_, i) => (set >> i) % 2 === 1);
    if (members.length * 2 <= peers.length || members.some(isDown)) continue;
    const leads = (leader: string) =>
      members.every((member) => !isCut(leader, member) && !isCut(member, leader));
    if (members.some(leads)) return true;
  }
  return false;
}
