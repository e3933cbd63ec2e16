import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import {
  cutBetweenNodes,
  cutFromClients,
  majorityOf,
  type PartitionShape,
} from '../../src/chaos/partition-shapes.js';
import { CLIENTS, type Direction } from '../../src/contracts/links.js';

const nodesOf = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const text = (ways: readonly Direction[]) => ways.map(({ from, to }) => `${from}>${to}`).sort();
const cut = (shape: PartitionShape, targets: string[], count: number, seed = 1) =>
  cutBetweenNodes(shape, targets, nodesOf(count), seededRandom(seed));

/** Whom a node still reaches, and is reached by: itself among them. */
const seenBy = (node: string, count: number, ways: readonly Direction[]) => {
  const gone = new Set(text(ways));
  return nodesOf(count).filter(
    (other) => other === node || (!gone.has(`${node}>${other}`) && !gone.has(`${other}>${node}`)),
  );
};

/** A count of nodes, some of them, and a seed. */
const scene = fc.integer({ min: 3, max: 9 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    targets: fc.subarray(nodesOf(count), { minLength: 1 }),
    seed: fc.nat(),
  }),
);

describe('the shapes of a partition', () => {
  it('isolate: a target reaches nobody and is reached by nobody, the others reach each other', () => {
    fc.assert(
      fc.property(scene, ({ count, targets, seed }) => {
        const ways = cut('isolate', targets, count, seed);
        for (const node of nodesOf(count)) {
          const others = nodesOf(count).filter((each) => !targets.includes(each));
          expect(seenBy(node, count, ways)).toEqual(targets.includes(node) ? [node] : others);
        }
      }),
      { seed: 81 },
    );
  });

  it('majority: two sides, the targets being one; of all nodes, a minority as great as can be', () => {
    fc.assert(
      fc.property(scene, ({ count, targets, seed }) => {
        const ways = cut('majority', targets, count, seed);
        const sides = new Set(nodesOf(count).map((node) => seenBy(node, count, ways).join()));
        expect(sides.size).toBe(2);
        const sizes = [...sides].map((side) => side.split(',').length).sort();
        if (targets.length < count) expect(sides).toContain(targets.join());
        else expect(sizes).toEqual([count - majorityOf(count), majorityOf(count)].sort());
      }),
      { seed: 82 },
    );
  });

  it('majorities-ring: everybody sees a majority, and no two the same', () => {
    for (let count = 3; count <= 12; count++) {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const ways = cut('majorities-ring', nodesOf(count), count, seed);
          const seen = nodesOf(count).map((node) => seenBy(node, count, ways));
          for (const some of seen) expect(some.length).toBeGreaterThanOrEqual(majorityOf(count));
          expect(new Set(seen.map((some) => some.join())).size).toBe(count);
          expect(ways.length).toBeGreaterThan(0);
        }),
        { seed: 83, numRuns: 20 },
      );
    }
  });

  it('majorities-ring: nobody sees more than a majority where all can have the same number of others', () => {
    for (const count of [4, 5, 6, 8, 9, 10]) {
      const ways = cut('majorities-ring', nodesOf(count), count);
      for (const node of nodesOf(count)) {
        expect(seenBy(node, count, ways)).toHaveLength(majorityOf(count));
      }
    }
  });

  it('pair: exactly one link, both ways', () => {
    expect(text(cut('pair', ['n3', 'n1'], 5))).toEqual(['n1>n3', 'n3>n1']);
    fc.assert(
      fc.property(scene, ({ count, targets: [target], seed }) => {
        const [there, back, ...more] = cut('pair', [target as string], count, seed);
        expect(more).toEqual([]);
        expect(there?.from).toBe(target);
        expect(there?.to).not.toBe(target);
        expect(back).toEqual({ from: there?.to, to: there?.from });
      }),
      { seed: 84 },
    );
  });

  it('one-way: nothing from a target to another, everything else', () => {
    expect(text(cut('one-way', ['n2'], 3))).toEqual(['n2>n1', 'n2>n3']);
    expect(text(cut('one-way', ['n1', 'n2'], 4))).toEqual(['n1>n3', 'n1>n4', 'n2>n3', 'n2>n4']);
  });

  it('draws by the seed, and draws others by others', () => {
    const all = nodesOf(5);
    for (const shape of ['majority', 'majorities-ring', 'pair'] as const) {
      const targets = shape === 'pair' ? ['n1'] : all;
      const drawn = (seed: number) => text(cut(shape, targets, 5, seed)).join();
      expect(drawn(7)).toBe(drawn(7));
      expect(new Set([...Array(20).keys()].map(drawn)).size).toBeGreaterThan(1);
    }
  });

  it('cuts the side from its clients that it cuts from the other nodes', () => {
    const random = seededRandom(5);
    const clients = (shape: PartitionShape, targets: string[]) =>
      cutFromClients(shape, targets, nodesOf(5), random);
    expect(text(clients('isolate', ['n2']))).toEqual([`${CLIENTS}>n2`, `n2>${CLIENTS}`]);
    expect(text(clients('one-way', ['n2']))).toEqual([`n2>${CLIENTS}`]);
    const side = clients('majority', nodesOf(5)).flatMap(({ from, to }) => (from === CLIENTS ? [to] : []));
    const between = cutBetweenNodes('majority', nodesOf(5), nodesOf(5), random);
    expect(seenBy(side[0] as string, 5, between)).toEqual([...side].sort());
  });

  it.each([
    ['isolate', ['n1'], 1, 'no other node'],
    ['majority', ['n1', 'n2'], 2, 'three nodes or more'],
    ['majorities-ring', ['n1', 'n2'], 2, 'three nodes or more'],
    ['pair', ['n1', 'n2', 'n3'], 3, 'two nodes at most'],
    ['pair', ['n1'], 1, 'no other node'],
    ['one-way', ['n1', 'n2', 'n3'], 3, 'every node is a target'],
  ] as const)('refuses %s of %j in %i nodes', (shape, targets, count, why) => {
    expect(() => cut(shape, [...targets], count)).toThrow(why);
  });
});
