import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import type {
  ReadBack,
  ReadManner,
  ReplicaRead,
  StreamRead,
  StreamSpan,
  WriterHistory,
} from '../contracts/history.js';
import type { ServerAccess } from '../contracts/load.js';
import { TOLD_TO_HURRY } from '../nats/end-at-abort.js';
import type { MonitoredNode } from '../nats/leaders.js';
import { nodeNameOf } from '../nats/node-names.js';
import { type KeptStream, openReplicaControl, type ReplicaControl } from '../nats/stream-replicas.js';
import { highestAcknowledged } from './highest-acknowledged.js';
import { OwnStamps } from './own-stamps.js';
import { readReplica } from './read-replica.js';
import { readWholeStream } from './read-whole-stream.js';

export interface FinalReadOptions {
  readonly access: ServerAccess;
  /** By whose names replicas are told; the servers' own unless told. */
  readonly nodes?: readonly MonitoredNode[];
  readonly streams: readonly StreamSpan[];
  /** Whose acknowledged operations are looked for. */
  readonly writers: readonly WriterHistory[];
  /** For all reads together. */
  readonly timeoutNs: number;
  /** Every replica's own store is read, too. */
  readonly withReplicas?: boolean;
  /** Reading ends at once when it aborts. */
  readonly signal?: AbortSignal;
  /** Told of each read as soon as it is made. */
  readonly onRead?: (read: StreamRead | ReplicaRead, manner: ReadManner) => void;
  /**
   * What ends before what it acknowledged, or before its leader, is looked at again for this long, ten seconds unless
   * told: a replica that has just become its leader may still catch up.
   */
  readonly catchUpNs?: number;
  /** How long a replica's server may be out of reach before it is given up; 20 seconds unless told. */
  readonly awayNs?: number;
}

const CATCH_UP_NS = 10 * NS.s;
/** How long nobody may be able to say where a stream's replicas lie. */
const DESCRIBE_WITHIN_NS = 15 * NS.s;
const ASK_AGAIN_MS = 500;
const STREAMS_AT_ONCE = 3;

/**
 * Reads every stream back, and then, where that is wanted, every replica's own store. Does not reject: a read that
 * could not reach the end says why, and each replica that should be there has one.
 */
export async function readBack(options: FinalReadOptions): Promise<ReadBack> {
  await using reading = new FinalReading(options);
  return await reading.run();
}

class FinalReading implements AsyncDisposable {
  readonly #options: FinalReadOptions;
  readonly #deadlineNs: number;
  readonly #wanted: ReadonlyMap<string, number>;
  readonly #stamps: OwnStamps;
  /** By stream: how it was read in the end. */
  readonly #ways = new Map<string, ReadManner['way']>();
  #control: Promise<ReplicaControl> | undefined;

  constructor(options: FinalReadOptions) {
    this.#options = options;
    this.#deadlineNs = nowNs() + options.timeoutNs;
    this.#wanted = highestAcknowledged(options.streams, options.writers);
    this.#stamps = new OwnStamps(options.writers);
  }

  async run(): Promise<ReadBack> {
    const { streams, withReplicas = false } = this.#options;
    // All streams first, so that no replica takes the time that a stream needs.
    const reads = await inTurn(streams, STREAMS_AT_ONCE, (span) => this.#readWhole(span));
    const replicas: ReplicaRead[] = [];
    if (withReplicas) {
      for (const [i, span] of streams.entries()) {
        if (!span.gone && (span.replicas ?? 1) > 1)
          replicas.push(...(await this.#readReplicas(span, reads[i] as StreamRead)));
      }
    }
    return { reads, replicas };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#control?.then((control) => control[Symbol.asyncDispose]()).catch(() => {});
    // A connection that is still being made is closed when it comes: whoever is in a hurry does not wait for it.
    if (!this.#isHurried) await closing;
  }

  async #readWhole(span: StreamSpan): Promise<StreamRead> {
    const beganNs = nowNs();
    const kept = span.gone ? undefined : await this.#describe(span.stream, 0).catch(() => undefined);
    const { access, signal, catchUpNs = CATCH_UP_NS } = this.#options;
    const { read, way } = await readWholeStream({
      access,
      span,
      wantedSequence: this.#wanted.get(span.stream) ?? 0,
      way: wayOf(kept),
      stamps: this.#stamps,
      deadlineNs: this.#deadlineNs,
      catchUpNs,
      ...(signal && { signal }),
    });
    this.#ways.set(span.stream, way);
    this.#tell(read, beganNs, way);
    return read;
  }

  async #readReplicas(span: StreamSpan, whole: StreamRead): Promise<readonly ReplicaRead[]> {
    const beganNs = nowNs();
    let kept: KeptStream;
    try {
      kept = await this.#describe(span.stream, DESCRIBE_WITHIN_NS);
    } catch (thrown) {
      return this.#missing(
        span,
        whole,
        0,
        beganNs,
        this.#isHurried ? TOLD_TO_HURRY : `nobody could say where it lies: ${messageOf(thrown)}`,
      );
    }
    const { servers, group } = kept;
    // One that may have no more consumers has refused the first.
    const way = this.#ways.get(span.stream) === 'leader' ? 'leader' : wayOf(kept);
    // Consumers lie where they lie; the leadership is in one place at a time.
    const atOnce = way === 'consumer' ? servers.length : 1;
    const reads = await inTurn(servers, atOnce, (server) => this.#readReplica(span, whole, server, way));
    // Back to where it was, for those who may use the stream after us.
    if (way === 'leader' && group.leader) {
      const { signal } = this.#options;
      await (await this.#connected()).moveLeader(span.stream, group.leader, signal).catch(() => {});
    }
    return [
      ...reads,
      ...this.#missing(span, whole, servers.length, nowNs(), 'the servers do not say where it lies'),
    ];
  }

  async #readReplica(
    span: StreamSpan,
    whole: StreamRead,
    server: string,
    way: ReadManner['way'],
  ): Promise<ReplicaRead> {
    const beganNs = nowNs();
    const { access, nodes = [], signal, catchUpNs = CATCH_UP_NS, awayNs } = this.#options;
    const options = {
      access,
      control: await this.#connected(),
      whole,
      stamps: this.#stamps,
      fromSequence: span.fromSequence,
      server,
      node: nodeNameOf(nodes, server),
      deadlineNs: this.#deadlineNs,
      catchUpNs,
      ...(awayNs !== undefined && { awayNs }),
      ...(signal && { signal }),
    };
    const read = await readReplica({ ...options, way });
    this.#tell(read, beganNs, way);
    return read;
  }

  /** A replica that nobody could say anything about is not silently missing. */
  #missing(
    { stream, replicas = 1 }: StreamSpan,
    { throughSequence }: StreamRead,
    found: number,
    beganNs: number,
    gaveUp: string,
  ): ReplicaRead[] {
    return Array.from({ length: Math.max(0, replicas - found) }, (_, i) => {
      const node = `replica ${found + i + 1}`;
      const read: ReplicaRead = {
        ...{ stream, node, count: 0, blocks: [], foreign: 0, throughSequence },
        ...{ complete: false, gone: false, gaveUp, endedNs: nowNs() },
      };
      this.#tell(read, beganNs, 'consumer');
      return read;
    });
  }

  /** Asks again for so long; rejects when nobody could say. */
  async #describe(stream: string, withinNs: number): Promise<KeptStream> {
    const { signal } = this.#options;
    const untilNs = Math.min(this.#deadlineNs, nowNs() + withinNs);
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await orAborted(
          this.#connected().then((control) => control.describe(stream)),
          signal,
        );
      } catch (thrown) {
        if (nowNs() >= untilNs) throw thrown;
      }
      await sleep(ASK_AGAIN_MS, signal);
    }
  }

  /** One connection for all; made again where it could not be made. */
  #connected(): Promise<ReplicaControl> {
    this.#control ??= openReplicaControl(this.#options.access).catch((thrown) => {
      this.#control = undefined;
      throw thrown;
    });
    return this.#control;
  }

  get #isHurried(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #tell(read: StreamRead | ReplicaRead, beganNs: number, way: ReadManner['way']): void {
    this.#options.onRead?.(read, { tookNs: nowNs() - beganNs, way });
  }
}

/** A consumer would take messages away from a stream that keeps them only until they are delivered. */
const wayOf = (kept: KeptStream | undefined): ReadManner['way'] =>
  kept === undefined || kept.retention === 'limits' ? 'consumer' : 'leader';

/** All of them, so many at a time; the results in order. */
async function inTurn<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
