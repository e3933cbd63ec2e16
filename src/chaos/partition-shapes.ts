import type { Random } from '../base/random.js';
import type { Direction } from '../contracts/links.js';
import { clientWays, waysBetween } from './links/link-choice.js';

export const PARTITION_SHAPES = ['isolate', 'majority', 'majorities-ring', 'pair', 'one-way'] as const;
export type PartitionShape = (typeof PARTITION_SHAPES)[number];

/** Why a shape cannot be laid on these targets, for people. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** So many nodes are more than half of them. */
export const majorityOf = (nodes: number): number => Math.floor(nodes / 2) + 1;

/** The ways between nodes that a partition of that shape cuts. Throws a ShapeError for targets that it makes no sense for. */
export function cutBetweenNodes(
  shape: PartitionShape,
  targets: readonly string[],
  nodes: readonly string[],
  random: Random,
): Direction[] {
  switch (shape) {
    case 'isolate':
      if (nodes.length < 2) throw new ShapeError('there is no other node to cut the target from');
      return waysBetween(nodes).filter(({ from, to }) => targets.includes(from) || targets.includes(to));
    case 'majority': {
      const side = minoritySide(targets, nodes, random);
      return waysBetween(nodes).filter(({ from, to }) => side.includes(from) !== side.includes(to));
    }
    case 'majorities-ring': {
      if (nodes.length < 3) throw new ShapeError('a ring of majorities needs three nodes or more');
      return cutOfRing(shuffled(nodes, random));
    }
    case 'pair':
      return bothWays(...pairOf(targets, nodes, random));
    case 'one-way': {
      const ways = waysBetween(nodes).filter(
        ({ from, to }) => targets.includes(from) && !targets.includes(to),
      );
      if (ways.length === 0)
        throw new ShapeError('every node is a target: there is none that they could not reach');
      return ways;
    }
  }
}

/** The ways between nodes and their clients that a partition of that shape cuts. */
export function cutFromClients(
  shape: PartitionShape,
  targets: readonly string[],
  nodes: readonly string[],
  random: Random,
): Direction[] {
  if (shape === 'one-way')
    return targets.flatMap((node) => clientWays(node).filter(({ from }) => from === node));
  const side = shape === 'majority' ? minoritySide(targets, nodes, random) : targets;
  return side.flatMap(clientWays);
}

/** The targets as one of two sides; of all nodes, the greatest minority there is, as it is drawn. */
function minoritySide(
  targets: readonly string[],
  nodes: readonly string[],
  random: Random,
): readonly string[] {
  if (targets.length < nodes.length) return targets;
  if (nodes.length < 3) throw new ShapeError('two sides, one of them a majority, need three nodes or more');
  return shuffled(nodes, random.fork('side')).slice(0, nodes.length - majorityOf(nodes.length));
}

function pairOf(targets: readonly string[], nodes: readonly string[], random: Random): [string, string] {
  const [one, other] = targets;
  const rest = nodes.filter((node) => node !== one);
  if (one === undefined || targets.length > 2) {
    throw new ShapeError(`a pair has two nodes at most, but the targets are ${targets.join(', ')}`);
  }
  if (rest.length === 0) throw new ShapeError('there is no other node to cut the target from');
  return [one, other ?? random.pick(rest)];
}

/**
 * Nodes in a ring, each of which keeps as many neighbours, half of them on either side, as a majority needs: no two see
 * the same nodes. Where that many cannot be halved, the node across is the last of them; a ring of an odd number has
 * none, and everybody keeps one more. Three nodes have one link cut: with the one between them, both have a majority.
 */
function cutOfRing(ring: readonly string[]): Direction[] {
  const count = ring.length;
  if (count === 3) return bothWays(ring[0] as string, ring[2] as string);
  const others = majorityOf(count) - 1;
  const across = others % 2 === 1 && count % 2 === 0;
  const reach = across ? (others - 1) / 2 : Math.ceil(others / 2);
  const keeps = (i: number, j: number): boolean => {
    const apart = Math.min((i - j + count) % count, (j - i + count) % count);
    return apart <= reach || (across && apart === count / 2);
  };
  return waysBetween(ring).filter(({ from, to }) => !keeps(ring.indexOf(from), ring.indexOf(to)));
}

const bothWays = (one: string, other: string): Direction[] => [
  { from: one, to: other },
  { from: other, to: one },
];

/** Fisher and Yates. */
function shuffled(nodes: readonly string[], random: Random): string[] {
  const cards = [...nodes];
  for (let i = cards.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [cards[i], cards[j]] = [cards[j] as string, cards[i] as string];
  }
  return cards;
}
