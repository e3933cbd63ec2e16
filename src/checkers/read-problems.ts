import { formatInteger } from '../base/units.js';
import type { History, StreamRead } from '../contracts/history.js';

/** Which reads did not get to their end, and why. */
export const gaveUp = (reads: readonly StreamRead[]): string[] =>
  reads
    .filter(({ complete }) => !complete)
    .map(({ stream, gaveUp, ...more }) => {
      const node = 'node' in more ? ` on ${String(more.node)}` : '';
      return `reading ${stream}${node} gave up: ${gaveUp ?? 'for no known reason'}`;
    });

/** Whose history was cut short. */
export const cutShort = ({ writers }: History): string[] =>
  writers
    .filter(({ complete }) => !complete)
    .map(({ load, writer }) => `the history of ${load}/${writer} is not complete`);

export const messagesIn = (reads: readonly StreamRead[]): number =>
  reads.reduce((sum, { count }) => sum + count, 0);

/** What was found, and what stands open. */
export const withDoubts = (sentence: string, doubts: readonly string[]): string =>
  doubts.length === 0 ? sentence : `${sentence}, as far as known: ${doubts.join('; ')}`;

/** `1 message`, `1,204 messages`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`;
