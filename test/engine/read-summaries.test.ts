import { expect, it } from 'vitest';
import type { StreamRead } from '../../src/contracts/history.js';
import { readSummaries } from '../../src/engine/read-summaries.js';

const read = (stream: string, count: number, gaveUp?: string): StreamRead => ({
  stream,
  count,
  blocks: [],
  foreign: 1,
  throughSequence: 10,
  complete: gaveUp === undefined,
  ...(gaveUp !== undefined && { gaveUp }),
  gone: false,
});

it('says of each stream, and under it of each replica by name, how much was read, and why not all', () => {
  const replicas = [
    { ...read('A', 9, 'n3 did not answer'), node: 'n3' },
    { ...read('A', 10), node: 'n1' },
    { ...read('B', 4), node: 'n2' },
  ];
  const told = { foreign: 1, gone: false };
  expect(readSummaries([read('A', 10), read('C', 0)], replicas)).toEqual([
    { stream: 'A', count: 10, complete: true, ...told },
    { stream: 'A', node: 'n1', count: 10, complete: true, ...told },
    { stream: 'A', node: 'n3', count: 9, complete: false, gaveUp: 'n3 did not answer', ...told },
    { stream: 'C', count: 0, complete: true, ...told },
    { stream: 'B', node: 'n2', count: 4, complete: true, ...told },
  ]);
});
