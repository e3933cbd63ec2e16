import { NS, nowNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import type { ReadManner, ReplicaRead, StreamRead } from '../contracts/history.js';
import type { ServerAccess } from '../contracts/load.js';
import { TOLD_TO_HURRY } from '../nats/end-at-abort.js';
import { readFromLeader } from '../nats/leader-reader.js';
import { readStream, type StreamReadEnd, type StreamReadOptions } from '../nats/stream-reader.js';
import type { ReplicaControl } from '../nats/stream-replicas.js';
import type { OwnStamps } from './own-stamps.js';
import { ReadBlocks } from './read-blocks.js';

export interface ReplicaReadOptions {
  readonly access: ServerAccess;
  readonly control: ReplicaControl;
  /** What was read of the stream already: the replica is read as far, and shares what it has in common with it. */
  readonly whole: StreamRead;
  readonly fromSequence: number;
  /** What they do not accept is foreign. */
  readonly stamps: OwnStamps;
  /** The server's own name, and the node's. */
  readonly server: string;
  readonly node: string;
  readonly way: ReadManner['way'];
  /** Monotonic. */
  readonly deadlineNs: number;
  readonly catchUpNs: number;
  /** How long a server may be out of reach before it is given up. */
  readonly awayNs?: number;
  readonly signal?: AbortSignal;
}

/** A leadership that was moved to a server may move on while it is read. */
const MOST_MOVES = 3;

/** Reads what one replica of a stream has in its own store. Does not reject: why it could not be read is told. */
export async function readReplica(options: ReplicaReadOptions): Promise<ReplicaRead> {
  const { copy, end } = await (options.way === 'consumer' ? throughConsumer : asLeader)(options);
  const { whole, node } = options;
  return {
    stream: whole.stream,
    node,
    count: copy.blocks.count,
    blocks: copy.blocks.blocks,
    foreign: end.foreign + copy.foreign,
    throughSequence: whole.throughSequence,
    complete: end.complete,
    gone: false,
    ...(end.gaveUp !== undefined && { gaveUp: end.gaveUp }),
    endedNs: nowNs(),
  };
}

/** What was read so far, and how much beside that is of other runs. */
interface Copy {
  readonly blocks: ReadBlocks;
  foreign: number;
}

const emptyCopy = ({ whole }: ReplicaReadOptions): Copy => ({
  blocks: new ReadBlocks(whole.blocks),
  foreign: 0,
});

interface Made {
  readonly copy: Copy;
  readonly end: StreamReadEnd;
}

async function throughConsumer(options: ReplicaReadOptions): Promise<Made> {
  const { server, catchUpNs, awayNs } = options;
  const copy = emptyCopy(options);
  const end = await readStream({
    ...readOptions(options, copy),
    onServer: server,
    catchUpMs: catchUpNs / NS.ms,
    ...(awayNs !== undefined && { awayMs: awayNs / NS.ms }),
  });
  if (!end.endsEarly) return { copy, end };
  const why = await whyBehind(options);
  return { copy, end: why === undefined ? end : { ...end, complete: false, gaveUp: why } };
}

/** Why a store that ends before its leader's may still catch up; `undefined` when its leader takes it for current. */
async function whyBehind(options: ReplicaReadOptions): Promise<string | undefined> {
  const { control, whole, server, node, signal } = options;
  try {
    const { group } = await orAborted(control.describe(whole.stream), signal);
    const peer = group.replicas?.find(({ name }) => name === server);
    if (peer === undefined || (peer.current && !peer.lag)) return undefined;
    return `${node} ends before the stream's leader, and is ${peer.lag ?? 0} operations behind it`;
  } catch (thrown) {
    if (signal?.aborted) return TOLD_TO_HURRY;
    return `${node} ends before the stream's leader, and nobody could say whether it still catches up: ${messageOf(thrown)}`;
  }
}

async function asLeader(options: ReplicaReadOptions): Promise<Made> {
  const { control, whole, server, fromSequence, deadlineNs, signal } = options;
  let copy = emptyCopy(options);
  const gaveUp = (reason: string): Made => ({
    copy,
    end: { complete: false, gaveUp: reason, lastSequence: fromSequence - 1, foreign: 0 },
  });
  try {
    for (let moves = 0; moves < MOST_MOVES && nowNs() < deadlineNs; moves++) {
      await control.moveLeader(whole.stream, server, signal);
      const end = await readFromLeader(readOptions(options, copy));
      const { group } = await orAborted(control.describe(whole.stream), signal);
      if (group.leader === server) return { copy, end };
      // Nobody knows which part of it another has answered.
      copy = emptyCopy(options);
    }
    return gaveUp(`${server} did not go on leading the stream while it was read`);
  } catch (thrown) {
    return gaveUp(signal?.aborted ? TOLD_TO_HURRY : messageOf(thrown));
  }
}

const readOptions = (
  { access, whole, stamps, fromSequence, deadlineNs, signal }: ReplicaReadOptions,
  copy: Copy,
): StreamReadOptions => ({
  access,
  stream: whole.stream,
  fromSequence,
  throughSequence: whole.throughSequence,
  timeoutMs: Math.max(0, (deadlineNs - nowNs()) / NS.ms),
  ...(signal && { signal }),
  onMessage: (writer, sequence, streamSequence, digest, dueNs) => {
    if (stamps.accept(writer, sequence, dueNs)) copy.blocks.add(writer, sequence, streamSequence, digest);
    else copy.foreign++;
  },
});
