import { describe, expect, it } from 'vitest';
import { ReadBlocks } from '../../src/history/read-blocks.js';

const BLOCK = 65_536;

function readOf(sequences: Iterable<number>, twin?: ReadBlocks, digestOf = (n: number) => n): ReadBlocks {
  const read = new ReadBlocks(twin?.blocks);
  for (const sequence of sequences) read.add(1, sequence, sequence, digestOf(sequence));
  return read;
}

function* range(from: number, through: number, without = -1): Iterable<number> {
  for (let i = from; i <= through; i++) if (i !== without) yield i;
}

/** Whether it holds these stream sequences: compared one by one, for there are many. */
function holds(read: ReadBlocks, expected: Iterable<number>): boolean {
  const left = expected[Symbol.iterator]();
  for (const { count, baseSequence, offset } of read.blocks) {
    for (let i = 0; i < count; i++) if (left.next().value !== baseSequence + offset[i]!) return false;
  }
  return left.next().done === true;
}

describe('the blocks of a read', () => {
  it('begin where stretches of stream sequences begin, wherever the read itself began', () => {
    const read = readOf(range(1000, 3 * BLOCK));
    expect(read.blocks.map(({ baseSequence }) => baseSequence)).toEqual([1000, BLOCK, 2 * BLOCK, 3 * BLOCK]);
    expect(holds(read, range(1000, 3 * BLOCK))).toBe(true);
    expect(read.count).toBe(3 * BLOCK - 999);
  });

  it('are those of another read of the same stream but where it differs', () => {
    const whole = readOf(range(1, 4 * BLOCK));
    const replica = readOf(range(1, 4 * BLOCK, 2 * BLOCK + 7), whole);
    expect(replica.blocks.map((block, i) => block === whole.blocks[i])).toEqual([
      true,
      true,
      false,
      true,
      true,
    ]);
    expect(holds(replica, range(1, 4 * BLOCK, 2 * BLOCK + 7))).toBe(true);
    expect(holds(replica, range(1, 4 * BLOCK))).toBe(false);
    const changed = readOf(range(1, BLOCK), whole, (n) => (n === 9 ? 0 : n));
    expect(changed.blocks[0]).not.toBe(whole.blocks[0]);
    expect(changed.blocks[0]?.digest[8]).toBe(0);
  });

  it('hold batches of more events than stream sequences', () => {
    const read = new ReadBlocks();
    for (let i = 0; i < 2 * BLOCK + 1; i++) read.add(1, i, 5, i);
    expect(read.blocks.map(({ count }) => count)).toEqual([BLOCK, BLOCK, 1]);
    expect(read.blocks.map(({ baseSequence }) => baseSequence)).toEqual([5, 5, 5]);
  });

  it('go on after they were looked at', () => {
    const read = readOf(range(1, 10));
    expect(read.blocks).toHaveLength(1);
    read.add(1, 11, 11, 11);
    expect(holds(read, range(1, 11))).toBe(true);
  });
});
