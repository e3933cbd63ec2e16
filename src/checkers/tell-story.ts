import { formatDuration, formatInteger } from '../base/units.js';
import type { HistoryIndex, IndexedStream, IndexedWriter } from './history-index.js';
import { FLAG } from './operation-columns.js';
import { holds, presenceIn, type ReadPresence } from './read-presence.js';
import { duringFaults, sinceStart } from './story-parts.js';

/** No more than so many stories are told of one check. */
export const MOST_STORIES = 32;

/**
 * What happened to one operation, for people: when, which, acknowledged as what, during which fault, and then what the
 * check has to say of it.
 */
export function tellStory(
  { history, streams }: HistoryIndex,
  { history: writer, columns, streamOfSubject }: IndexedWriter,
  sequence: number,
  ...findings: readonly string[]
): string {
  const doneNs = columns.doneNs(sequence);
  const sentNs = columns.sentNs(sequence) || doneNs;
  const subject = columns.subject(sequence);
  const place = columns.place(sequence);
  const parts = [
    `${sinceStart(sentNs, history)}: ${writer.load}/${writer.writer} #${formatInteger(sequence)}`,
    `to ${writer.subjects[subject] ?? 'a subject that is not known'}`,
  ];
  if ((columns.flags(sequence) & FLAG.outcome) === FLAG.ok) {
    const after = doneNs > 0 ? ` ${formatDuration(doneNs - sentNs)} later` : '';
    const stream = streams[streamOfSubject[subject]!]?.name ?? 'stream';
    parts.push(
      place > 0
        ? `acknowledged${after} as ${stream} sequence ${formatInteger(place)}`
        : `acknowledged${after}`,
    );
  }
  const reason = columns.reason(sequence);
  if (reason !== '') parts.push(reason);
  const during = duringFaults(sentNs, Math.max(sentNs, doneNs), history);
  return [parts.join(', ') + during, ...findings].join(', ');
}

/** How far its stream was read, what of its writer was there, and which nodes still have it. */
export function lastSeen(
  index: HistoryIndex,
  { history: writer }: IndexedWriter,
  sequence: number,
  stream: IndexedStream | undefined,
  presence: ReadPresence | undefined,
): string {
  if (stream === undefined) return 'no stream captures it';
  const nodes = stream.replicas
    .filter((replica) => holds(presenceIn(index, stream, replica), writer.writer, sequence))
    .map(({ node }) => node);
  const still = nodes.length === 0 ? '' : `, and ${nodes.join(' and ')} still held it`;
  if (presence === undefined) return `${stream.name} was not read${still}`;
  if (presence.read.gone) return `${stream.name} had vanished${still}`;
  const own = presence.ofWriter[writer.writer];
  const reached = `${stream.name} was read to sequence ${formatInteger(presence.reached)}`;
  return own === undefined
    ? `${reached} and held nothing of this writer${still}`
    : `${reached} and held #${formatInteger(own.lowest)} to #${formatInteger(own.highest)} of this writer${still}`;
}
