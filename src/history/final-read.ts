import { NS, nowNs, sleep } from '../base/clock.js';
import { subjectMatches } from '../base/subjects.js';
import {
  OUTCOMES,
  type ReadBack,
  type ReadManner,
  type ReplicaRead,
  type StreamRead,
  type StreamSpan,
  type WriterHistory,
} from '../contracts/history.js';
import type { ServerAccess } from '../contracts/load.js';
import { readStream } from '../nats/stream-reader.js';
import { ReadBlocks } from './read-blocks.js';

export interface FinalReadOptions {
  readonly access: ServerAccess;
  readonly streams: readonly StreamSpan[];
  /** Whose acknowledged operations are looked for. */
  readonly writers: readonly WriterHistory[];
  /** For all streams together. */
  readonly timeoutNs: number;
  readonly signal?: AbortSignal;
  /** Told of each read as soon as it is made. */
  readonly onRead?: (read: StreamRead | ReplicaRead, manner: ReadManner) => void;
  /**
   * A stream that ends before what it acknowledged is looked at again for this long, ten seconds unless told: a
   * replica that has just become its leader may still catch up.
   */
  readonly catchUpNs?: number;
}

const CATCH_UP_NS = 10 * NS.s;
const LOOK_AGAIN_MS = 500;
const OK = OUTCOMES.indexOf('ok');

/**
 * Reads every stream back, one after the other: to the end that was given, and to the highest sequence that one of
 * the writers had acknowledged, should that lie beyond. Does not reject: a read that could not reach the end says
 * why. A stream that ends before what it acknowledged, and goes on doing so, was read completely.
 */
export async function readBack(options: FinalReadOptions): Promise<ReadBack> {
  const deadlineNs = nowNs() + options.timeoutNs;
  const wanted = highestAcknowledged(options.streams, options.writers);
  const reads: StreamRead[] = [];
  for (const span of options.streams) {
    const beganNs = nowNs();
    const read = await readOne(span, wanted.get(span.stream) ?? 0, deadlineNs, options);
    options.onRead?.(read, { tookNs: nowNs() - beganNs, way: 'consumer' });
    reads.push(read);
  }
  return { reads, replicas: [] };
}

async function readOne(
  span: StreamSpan,
  wantedSequence: number,
  deadlineNs: number,
  { access, signal, catchUpNs = CATCH_UP_NS }: FinalReadOptions,
): Promise<StreamRead> {
  const read = new ReadBlocks();
  if (span.gone) {
    return {
      stream: span.stream,
      count: 0,
      blocks: [],
      foreign: 0,
      throughSequence: wantedSequence,
      complete: true,
      gone: true,
    };
  }
  let foreign = 0;
  const readOn = async (fromSequence: number, throughSequence: number) => {
    const end = await readStream({
      access,
      stream: span.stream,
      fromSequence,
      throughSequence,
      timeoutMs: Math.max(0, (deadlineNs - nowNs()) / NS.ms),
      ...(signal && { signal }),
      onMessage: (writer, sequence, streamSequence, digest) =>
        read.add(writer, sequence, streamSequence, digest),
    });
    foreign += end.foreign;
    return end;
  };
  const throughSequence = Math.max(span.throughSequence, wantedSequence);
  let end = await readOn(span.fromSequence, throughSequence);
  const caughtUpByNs = nowNs() + catchUpNs;
  const isBehind = () => end.complete && end.lastSequence < wantedSequence && nowNs() < caughtUpByNs;
  while (isBehind() && nowNs() < deadlineNs && !signal?.aborted) {
    await sleep(LOOK_AGAIN_MS);
    end = await readOn(end.lastSequence + 1, throughSequence);
  }
  const gaveUp =
    end.gaveUp ??
    (isBehind()
      ? `it ends at sequence ${end.lastSequence}, acknowledged ${wantedSequence}, and had no time to catch up`
      : undefined);
  return {
    stream: span.stream,
    count: read.count,
    blocks: read.blocks,
    foreign,
    throughSequence,
    complete: gaveUp === undefined,
    gone: false,
    ...(gaveUp !== undefined && { gaveUp }),
  };
}

/** The highest stream sequence that any of the writers had acknowledged, by stream. */
function highestAcknowledged(
  streams: readonly StreamSpan[],
  writers: readonly WriterHistory[],
): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  for (const writer of writers) {
    const streamOfSubject = writer.subjects.map(
      (subject) =>
        streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)))?.stream,
    );
    const highestOfSubject = new Float64Array(writer.subjects.length);
    for (const { count, outcome, subject, streamSequence } of writer.blocks()) {
      for (let i = 0; i < count; i++) {
        const at = subject[i]!;
        if (outcome[i] === OK && streamSequence[i]! > highestOfSubject[at]!)
          highestOfSubject[at] = streamSequence[i]!;
      }
    }
    streamOfSubject.forEach((stream, at) => {
      if (stream !== undefined)
        highest.set(stream, Math.max(highest.get(stream) ?? 0, highestOfSubject[at]!));
    });
  }
  return highest;
}
