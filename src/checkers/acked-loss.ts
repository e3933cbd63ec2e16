import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { type History, type OperationBlock, OUTCOMES, type WriterHistory } from '../contracts/history.js';
import { type IndexedRead, indexReads, type ReadIndex } from './read-index.js';
import { removersOf } from './removers.js';
import { MOST_STORIES, tellStory } from './tell-story.js';

const OK = OUTCOMES.indexOf('ok');
const UNKNOWN = OUTCOMES.indexOf('unknown');

/**
 * What became of the operations. An acknowledged one that was not read is lost; where it stood among those of its
 * writer that were read from the same stream says how: before the first of them (`prefix`: the stream began anew),
 * between two (`middle`), after the last (`postfix`: the stream's end is gone). It is `notReached`, and nothing is
 * known of it, when its stream was not read, or not as far as it was acknowledged to stand. One that is missing from
 * a stream whose own limits remove messages is `perhapsRemoved`: whether it was them, cannot be told.
 */
interface Tally {
  acknowledged: number;
  lost: number;
  prefix: number;
  middle: number;
  postfix: number;
  notReached: number;
  perhapsRemoved: number;
  /** May not have happened, and did: no contradiction. */
  unknownButRead: number;
  /** Had certainly not happened, and did: the outcome was wrong. */
  failedButRead: number;
  /** Operations that were read, each once. */
  read: number;
  /** Messages that carry a stamp, but of no operation that the histories hold. */
  unexpected: number;
  /** Messages without a stamp: somebody else's, which says nothing of ours. */
  foreign: number;
}

/** Nothing that was acknowledged is missing, and nothing that certainly did not happen is there. */
export const ackedLoss: Checker = {
  name: 'acked-loss',
  summary: 'every acknowledged event can be read back, and none that was refused',
  judges: ['publish'],
  check(history): CheckResult {
    const index = indexReads(history);
    const { tally, examples } = tallyUp(history, index);
    const doubts = doubtsOf(history, index, tally);
    const isViolated = tally.lost > 0 || tally.failedButRead > 0;
    return {
      name: 'acked-loss',
      verdict: isViolated ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: sentenceOf(tally, doubts, history),
      counts: { ...tally },
      sets: [],
      examples,
    };
  },
};

function tallyUp(history: History, index: ReadIndex): { tally: Tally; examples: string[] } {
  const tally: Tally = {
    acknowledged: 0,
    lost: 0,
    prefix: 0,
    middle: 0,
    postfix: 0,
    notReached: 0,
    perhapsRemoved: 0,
    unknownButRead: 0,
    failedButRead: 0,
    read: 0,
    unexpected: index.unexpected,
    foreign: history.reads.reduce((sum, read) => sum + read.foreign, 0),
  };
  const examples: string[] = [];
  for (const writer of history.writers) {
    const wasRead = index.ofWriter.get(writer.writer)!;
    const streams = writer.subjects.map((subject) => history.streamOf(subject));
    const mayRemove = streams.map((stream) => stream !== undefined && removersOf(history, stream).length > 0);
    const reads = streams.map((stream) => (stream === undefined ? undefined : index.ofStream.get(stream)));
    let known = 0;
    for (const block of writer.blocks()) {
      for (let i = 0; i < block.count; i++) {
        const isRead = wasRead.has(block.sequence[i]!);
        const outcome = block.outcome[i]!;
        if (isRead) known++;
        if (outcome === OK) tally.acknowledged++;
        if (isRead === (outcome === OK)) continue;
        const subject = block.subject[i]!;
        if (outcome === OK) {
          const how = whatBecame(block, i, writer, reads[subject], index, mayRemove[subject]!);
          tally[how]++;
          if (how === 'notReached' || how === 'perhapsRemoved') continue;
          tally.lost++;
        } else if (outcome === UNKNOWN) {
          if (isRead) tally.unknownButRead++;
          continue;
        } else if (isRead) tally.failedButRead++;
        else continue;
        if (examples.length < MOST_STORIES) {
          examples.push(tellStory(history, writer, block, i, streams[subject], reads[subject]));
        }
      }
    }
    tally.read += known;
    tally.unexpected += wasRead.size - known;
  }
  return { tally, examples };
}

function whatBecame(
  block: OperationBlock,
  at: number,
  writer: WriterHistory,
  indexed: IndexedRead | undefined,
  { messages }: ReadIndex,
  mayRemove: boolean,
): 'prefix' | 'middle' | 'postfix' | 'notReached' | 'perhapsRemoved' {
  // No limit of a stream removes the stream.
  if (indexed?.read.gone) return 'prefix';
  const how = messages === 0 ? 'notReached' : howLost(block, at, writer, indexed);
  return mayRemove && how !== 'notReached' ? 'perhapsRemoved' : how;
}

function howLost(
  block: OperationBlock,
  at: number,
  { writer }: WriterHistory,
  indexed: IndexedRead | undefined,
): 'prefix' | 'middle' | 'postfix' | 'notReached' {
  if (!indexed) return 'notReached';
  const streamSequence = block.streamSequence[at]!;
  const wasPassed = streamSequence > 0 && streamSequence <= indexed.reachedSequence;
  // An acknowledgement that came when the stream had been read already is none that the read can contradict.
  const wasMeant = indexed.read.complete && streamSequence <= indexed.read.throughSequence;
  if (!wasPassed && !wasMeant) return 'notReached';
  const span = indexed.spanOfWriter.get(writer);
  const sequence = block.sequence[at]!;
  if (span === undefined || sequence < span.lowest) return 'prefix';
  return sequence > span.highest ? 'postfix' : 'middle';
}

/** Why nothing lost would still not mean that nothing was. */
function doubtsOf(history: History, { messages }: ReadIndex, tally: Tally): string[] {
  const { writers, reads } = history;
  if (tally.acknowledged === 0) return ['no operation was acknowledged'];
  if (messages === 0) return ['nothing was read back', ...gaveUp(reads)];
  const doubts = writers
    .filter(({ complete }) => !complete)
    .map(({ load, writer }) => `the history of ${load}/${writer} is not complete`);
  if (tally.notReached > 0) {
    doubts.push(`${formatInteger(tally.notReached)} were not reached`, ...gaveUp(reads));
  }
  if (tally.perhapsRemoved > 0) {
    const removers = [...new Set(reads.flatMap(({ stream }) => removersOf(history, stream)))].join(', ');
    const missing = formatInteger(tally.perhapsRemoved);
    doubts.push(`${missing} are gone from streams that remove messages themselves (${removers})`);
  }
  return doubts;
}

const gaveUp = (reads: History['reads']): string[] =>
  reads
    .filter(({ complete }) => !complete)
    .map(({ stream, gaveUp }) => `reading ${stream} gave up: ${gaveUp ?? 'for no known reason'}`);

function sentenceOf(tally: Tally, doubts: readonly string[], { reads }: History): string {
  const { acknowledged, lost, failedButRead } = tally;
  let sentence = `${formatInteger(lost)} of ${formatInteger(acknowledged)} acknowledged events lost`;
  if (lost > 0) {
    const where = (['prefix', 'middle', 'postfix'] as const).filter((how) => tally[how] > 0);
    sentence += ` (${where.map((how) => `${formatInteger(tally[how])} ${how}`).join(', ')})`;
  }
  const gone = reads.filter((read) => read.gone).map(({ stream }) => stream);
  if (gone.length > 0) sentence += `; the stream ${gone.join(', ')} has vanished`;
  if (failedButRead > 0) {
    const events =
      failedButRead === 1 ? '1 event that was' : `${formatInteger(failedButRead)} events that were`;
    sentence += `; ${events} refused can be read`;
  }
  return doubts.length === 0 ? sentence : `${sentence}, as far as known: ${doubts.join('; ')}`;
}
