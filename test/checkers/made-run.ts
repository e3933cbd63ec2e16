import type { MadeMessage, MadeOperation } from './made-history.js';

/** Operations `first` to `first + count − 1` of a writer, a second apart, all acknowledged, at stream sequences from `place` on. */
export const acknowledged = (count: number, first = 0, place = first + 1): MadeOperation[] =>
  Array.from({ length: count }, (_, i) => ({
    sequence: first + i,
    outcome: 'ok',
    streamSequence: place + i,
    sentSec: first + i,
    doneSec: first + i + 0.012,
  }));

/** As messages, where they were acknowledged to stand. */
export const stored = (operations: readonly MadeOperation[], writer = 0): MadeMessage[] =>
  operations.map(({ sequence, streamSequence }) => ({
    writer,
    sequence,
    streamSequence: streamSequence ?? 0,
  }));

export const without = (messages: readonly MadeMessage[], ...sequences: number[]): MadeMessage[] =>
  messages.filter(({ sequence }) => !sequences.includes(sequence));
