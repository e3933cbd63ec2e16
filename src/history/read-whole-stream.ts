import { NS, nowNs, sleep } from '../base/clock.js';
import type { ReadManner, StreamRead, StreamSpan } from '../contracts/history.js';
import type { ServerAccess } from '../contracts/load.js';
import { readFromLeader } from '../nats/leader-reader.js';
import { readStream, type StreamReadEnd } from '../nats/stream-reader.js';
import type { OwnStamps } from './own-stamps.js';
import { ReadBlocks } from './read-blocks.js';

export interface WholeReadOptions {
  readonly access: ServerAccess;
  readonly span: StreamSpan;
  /** The highest sequence that anybody had acknowledged; 0 for none. */
  readonly wantedSequence: number;
  readonly way: ReadManner['way'];
  /** What they do not accept is foreign. */
  readonly stamps: OwnStamps;
  /** Monotonic. */
  readonly deadlineNs: number;
  readonly catchUpNs: number;
  readonly signal?: AbortSignal;
}

const LOOK_AGAIN_MS = 500;

/**
 * Reads a stream to the end that was given, and to the highest sequence that was acknowledged, should that lie beyond. A
 * stream that ends before that is looked at again for a while, for a replica that has just become its leader may still
 * catch up; one that goes on ending there was read completely.
 */
export async function readWholeStream(
  options: WholeReadOptions,
): Promise<{ readonly read: StreamRead; readonly way: ReadManner['way'] }> {
  const { access, span, wantedSequence, stamps, deadlineNs, catchUpNs, signal } = options;
  const { stream } = span;
  if (span.gone) return { read: goneRead(stream, wantedSequence), way: options.way };
  const blocks = new ReadBlocks();
  let { way } = options;
  let foreign = 0;
  const throughSequence = Math.max(span.throughSequence, wantedSequence);
  const readOn = async (fromSequence: number): Promise<StreamReadEnd> => {
    const end = await (way === 'consumer' ? readStream : readFromLeader)({
      access,
      stream,
      fromSequence,
      throughSequence,
      timeoutMs: Math.max(0, (deadlineNs - nowNs()) / NS.ms),
      onLeader: (span.replicas ?? 1) > 1,
      ...(signal && { signal }),
      onMessage: (writer, sequence, streamSequence, digest, dueNs) => {
        if (stamps.accept(writer, sequence, dueNs)) blocks.add(writer, sequence, streamSequence, digest);
        else foreign++;
      },
    });
    foreign += end.foreign;
    return end;
  };
  let end = await readOn(span.fromSequence);
  if (end.refused && way === 'consumer') {
    // As of a stream that may have no more consumers.
    way = 'leader';
    end = await readOn(end.lastSequence + 1);
  }
  const caughtUpByNs = nowNs() + catchUpNs;
  // Where the stream has counted further, what is missing at its end was removed.
  const isBehind = () =>
    end.complete &&
    Math.max(end.lastSequence, span.throughSequence) < wantedSequence &&
    nowNs() < caughtUpByNs;
  while (isBehind() && nowNs() < deadlineNs && !signal?.aborted) {
    await sleep(LOOK_AGAIN_MS, signal).catch(() => {});
    end = await readOn(end.lastSequence + 1);
  }
  const gaveUp =
    end.gaveUp ??
    (isBehind()
      ? `it ends at sequence ${end.lastSequence}, acknowledged ${wantedSequence}, and had no time to catch up`
      : undefined);
  return {
    way,
    read: {
      stream,
      count: blocks.count,
      blocks: blocks.blocks,
      foreign,
      throughSequence,
      complete: gaveUp === undefined,
      gone: false,
      ...(gaveUp !== undefined && { gaveUp }),
      endedNs: nowNs(),
    },
  };
}

const goneRead = (stream: string, throughSequence: number): StreamRead => ({
  stream,
  count: 0,
  blocks: [],
  foreign: 0,
  throughSequence,
  complete: true,
  gone: true,
  endedNs: nowNs(),
});
