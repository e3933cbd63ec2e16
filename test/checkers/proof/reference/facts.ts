import {
  type Copy,
  type Message,
  type Operation,
  type Stream,
  streamOf,
  type World,
  type Writer,
} from '../world.js';

/** What a reference implementation says of a world: the definitions of docs/safety.md, followed word by word. */
export interface Said {
  readonly verdict: 'pass' | 'fail' | 'unknown';
  readonly counts: Readonly<Record<string, number>>;
}

export const verdictOf = (violations: number, isOpen: boolean): Said['verdict'] =>
  violations > 0 ? 'fail' : isOpen ? 'unknown' : 'pass';

/** An operation with whose it is. */
export interface Owned {
  readonly writer: Writer;
  readonly operation: Operation;
}

export const allOperations = (world: World): Owned[] =>
  world.writers.flatMap((writer) => writer.operations.map((operation) => ({ writer, operation })));

const WRITES: readonly string[] = ['publish', 'put', 'compare-and-set'];
export const isWrite = ({ kind }: Operation): boolean => WRITES.includes(kind);

/** All writes to a stream. */
export const writesTo = (world: World, stream: Stream): Owned[] =>
  allOperations(world).filter(
    ({ operation }) => isWrite(operation) && streamOf(world, operation.subject) === stream,
  );

/** Of a compare-and-set `detail` is the revision that it asked for. */
export const isKnownDuplicate = ({ kind, outcome, detail }: Operation): boolean =>
  kind === 'publish' && outcome === 'ok' && detail === 1;

export const holds = (copy: Copy, { writer, operation }: Owned): Message[] =>
  copy.messages.filter(
    (message) => message.writer === writer.writer && message.sequence === operation.sequence,
  );

export const reachedOf = ({ messages }: Copy): number =>
  Math.max(0, ...messages.map(({ streamSequence }) => streamSequence));

/** Whether a copy says something about a place; 0 is one that is not known. */
export const covers = (copy: Copy, q: number): boolean =>
  q > 0 ? q <= reachedOf(copy) || (copy.complete && q <= copy.throughSequence) : copy.complete;

export const anyStampWasRead = (world: World): boolean =>
  world.streams.some(({ read }) => read !== undefined && read.messages.length > 0);

export const anyReadIsIncomplete = (world: World): boolean =>
  world.streams.some(({ read }) => read !== undefined && !read.complete);

export const allHistoriesComplete = (world: World): boolean =>
  world.writers.every(({ complete }) => complete);

export const countWhere = <T>(all: readonly T[], is: (one: T) => boolean): number => all.filter(is).length;
