import type { History, ReplicaRead, StreamFacts, StreamRead, WriterHistory } from '../contracts/history.js';
import { isAcknowledged, OperationColumns, PAGE_OPERATIONS } from './operation-columns.js';

/** Of a subject that no stream captures. */
export const NO_STREAM = -1;

/** A stream of the history, by whichever part of it names it. */
export interface IndexedStream {
  readonly id: number;
  readonly name: string;
  readonly facts: StreamFacts | undefined;
  readonly read: StreamRead | undefined;
  readonly replicas: readonly ReplicaRead[];
  /** Acknowledged writes whose subject it captures. */
  acknowledged: number;
  /** The highest sequence that one of them was acknowledged with. */
  highestAcknowledged: number;
}

export interface IndexedWriter {
  readonly history: WriterHistory;
  readonly columns: OperationColumns;
  /** By subject: the id of its stream, or NO_STREAM. */
  readonly streamOfSubject: Int32Array;
}

/** What the checkers over streams look up; made once for a history and shared by them. */
export interface HistoryIndex {
  readonly history: History;
  readonly writers: readonly IndexedWriter[];
  /** By the writer's number, as it stands in stamps. */
  readonly writerOf: readonly (IndexedWriter | undefined)[];
  /** By id. */
  readonly streams: readonly IndexedStream[];
  readonly streamNamed: ReadonlyMap<string, IndexedStream>;
}

const indexes = new WeakMap<History, HistoryIndex>();

export function indexOf(history: History): HistoryIndex {
  let index = indexes.get(history);
  if (index === undefined) {
    index = makeIndex(history);
    indexes.set(history, index);
  }
  return index;
}

function makeIndex(history: History): HistoryIndex {
  const streams: IndexedStream[] = [];
  const streamNamed = new Map<string, IndexedStream>();
  const streamCalled = (name: string): IndexedStream => {
    let stream = streamNamed.get(name);
    if (stream === undefined) {
      stream = {
        id: streams.length,
        name,
        facts: history.streams.find((each) => each.stream === name),
        read: history.reads.find((each) => each.stream === name),
        replicas: history.replicas.filter((each) => each.stream === name),
        acknowledged: 0,
        highestAcknowledged: 0,
      };
      streams.push(stream);
      streamNamed.set(name, stream);
    }
    return stream;
  };
  for (const { stream } of [...history.streams, ...history.reads, ...history.replicas]) streamCalled(stream);

  // Writers of one bucket share a million subjects.
  const known = new Map<readonly string[], Int32Array>();
  const streamsOf = (subjects: readonly string[]): Int32Array => {
    let ids = known.get(subjects);
    if (ids === undefined) {
      ids = Int32Array.from(subjects, (subject) => {
        const name = history.streamOf(subject);
        return name === undefined ? NO_STREAM : streamCalled(name).id;
      });
      known.set(subjects, ids);
    }
    return ids;
  };
  const writers = history.writers.map((writer): IndexedWriter => {
    const columns = new OperationColumns(writer);
    return { history: writer, columns, streamOfSubject: streamsOf(writer.subjects) };
  });
  const writerOf: (IndexedWriter | undefined)[] = [];
  for (const writer of writers) {
    while (writerOf.length < writer.history.writer) writerOf.push(undefined);
    writerOf[writer.history.writer] = writer;
  }
  for (const writer of writers) countAcknowledged(writer, streams);
  return { history, writers, writerOf, streams, streamNamed };
}

function countAcknowledged(
  { columns, streamOfSubject }: IndexedWriter,
  streams: readonly IndexedStream[],
): void {
  for (const page of columns.pages) {
    if (page === undefined) continue;
    const { flags, subject, streamSequence } = page;
    for (let i = 0; i < PAGE_OPERATIONS; i++) {
      if (!isAcknowledged(flags[i]!)) continue;
      const stream = streams[streamOfSubject[subject[i]!]!];
      if (stream === undefined) continue;
      stream.acknowledged++;
      if (streamSequence[i]! > stream.highestAcknowledged) stream.highestAcknowledged = streamSequence[i]!;
    }
  }
}
