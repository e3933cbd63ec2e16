import { formatDuration, formatInteger } from '../base/units.js';
import type { History, OperationBlock, WriterHistory } from '../contracts/history.js';
import type { IndexedRead } from './read-index.js';

/** No more than so many stories are told of one check. */
export const MOST_STORIES = 32;

/** What happened to one operation, for people: when, which, acknowledged as what, during which fault, last seen where. */
export function tellStory(
  history: History,
  writer: WriterHistory,
  block: OperationBlock,
  at: number,
  stream: string | undefined,
  read: IndexedRead | undefined,
): string {
  const sentNs = block.sentNs[at]! || block.dueNs[at]!;
  const doneNs = block.doneNs[at]!;
  const streamSequence = block.streamSequence[at]!;
  const parts = [
    `${sinceStart(sentNs, history)}: ${writer.load}/${writer.writer} #${formatInteger(block.sequence[at]!)}`,
    `to ${writer.subjects[block.subject[at]!] ?? 'a subject that is not known'}`,
  ];
  if (streamSequence > 0) {
    const after = doneNs > 0 ? ` ${formatDuration(doneNs - sentNs)} later` : '';
    parts.push(`acknowledged${after} as ${stream ?? 'stream'} sequence ${formatInteger(streamSequence)}`);
  }
  const reason = writer.reason(block.reason[at]!);
  if (reason !== '') parts.push(reason);
  const during = history.faults
    // A fault that was never reverted has no end.
    .filter(({ fromNs, toNs }) => fromNs <= Math.max(sentNs, doneNs) && (toNs === 0 || toNs >= sentNs))
    .map(({ id, kind }) => `${id} (${kind})`);
  if (during.length > 0) parts.push(`during ${during.join(' and ')}`);
  parts.push(lastSeen(writer, stream, read));
  return parts.join(', ');
}

function lastSeen(writer: WriterHistory, stream: string | undefined, read: IndexedRead | undefined): string {
  if (!read) return stream === undefined ? 'no stream captures it' : `${stream} was not read`;
  const span = read.spanOfWriter.get(writer.writer);
  const reached = `${stream} was read to sequence ${formatInteger(read.reachedSequence)}`;
  return span === undefined
    ? `${reached} and held nothing of this writer`
    : `${reached} and held #${formatInteger(span.lowest)} to #${formatInteger(span.highest)} of this writer`;
}

function sinceStart(ns: number, { startNs }: History): string {
  const seconds = (ns - startNs) / 1e9;
  return `t = ${seconds < 0 ? '−' : '+'}${Math.abs(seconds).toFixed(1)} s`;
}
