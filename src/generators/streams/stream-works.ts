import {
  type AckPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { NS, nowNs, sleep } from '../../base/clock.js';
import { PreflightError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import { formatSize } from '../../base/units.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { isStreamNotFound, isUnattended } from '../../nats/jetstream-errors.js';
import { STREAM_MARK } from '../../nats/streams.js';
import { shareOf } from '../worker-share.js';
import type { StreamsParams } from './streams-schema.js';

/** How long a server of a cluster may take to hear of a stream that another one leads. */
const KNOWN_WITHIN_NS = 5 * NS.s;
const ASK_AGAIN_MS = 5;

/** Publishes that wait for their acknowledgement together, and what they may hold in memory meanwhile. */
const FILL_BATCH = 256;
const FILL_BATCH_BYTES = 8 * 1024 * 1024;

/** What the names of a load’s streams begin with. */
export const prefixOf = (runId: string, load: string): string => `SG-${runId}-${load}-`;

/** What is being done with a stream. */
interface StreamLine {
  /** Its last making; rejects when that failed. */
  made: Promise<number>;
  readonly underWay: Set<Promise<number>>;
}

/** What is made, step by step: a stream, its consumers one by one, then its messages; then the next stream. */
export class StreamWorks {
  readonly steps: number;
  readonly #manager: JetStreamManager;
  readonly #nats: NatsConnection;
  readonly #params: StreamsParams;
  readonly #load: string;
  readonly #runId: string;
  readonly #payload: Buffer;
  /** Only while something of that stream is under way. */
  readonly #lines = new Map<number, StreamLine>();

  private constructor(nats: NatsConnection, manager: JetStreamManager, load: LoadPlan, runId: string) {
    this.#nats = nats;
    this.#manager = manager;
    this.#params = load.params as StreamsParams;
    this.#load = load.name;
    this.#runId = runId;
    this.#payload = Buffer.allocUnsafe(this.#params.size);
    seededRandom(0, `streams/${load.name}`).fill(this.#payload);
    this.steps = 1 + this.#params.consumers + (this.#params.messages > 0 ? 1 : 0);
  }

  static async open(nats: NatsConnection, load: LoadPlan, runId: string): Promise<StreamWorks> {
    const { messages, size } = load.params as StreamsParams;
    const mostBytes = nats.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (messages > 0 && size > mostBytes) {
      throw new PreflightError(
        `load ${load.name}: its messages have ${formatSize(size)}, the server takes ${formatSize(mostBytes)}`,
        { hint: 'make `size` smaller, or set max_payload in cluster.config' },
      );
    }
    const timeout = (load.params as StreamsParams)['ack-timeout'] / NS.ms;
    return new StreamWorks(nats, await jetstreamManager(nats, { checkAPI: false, timeout }), load, runId);
  }

  /**
   * Makes a step of one of `workers` that have the streams among them, each its own; resolves to the payload bytes that
   * were sent. Steps of a stream wait for each other as far as they must: a stream goes when nothing is being done with
   * it any more, and what belongs into it comes when it is there.
   */
  async perform(step: number, worker: number, workers: number): Promise<number> {
    const own = shareOf(this.#params.streams, worker, workers);
    const turn = Math.floor(step / this.steps);
    const part = step % this.steps;
    const stream = (turn % own) * workers + worker;
    const line = this.#lines.get(stream) ?? { made: Promise.resolve(0), underWay: new Set() };
    this.#lines.set(stream, line);
    let work: Promise<number>;
    if (part === 0) {
      work = Promise.allSettled(line.underWay).then(() => this.#makeStream(stream, turn >= own));
      line.made = work;
    } else {
      const isConsumer = part <= this.#params.consumers;
      work = line.made.then(() => (isConsumer ? this.#makeConsumer(stream, part - 1) : this.#fill(stream)));
    }
    line.underWay.add(work);
    try {
      return await work;
    } finally {
      line.underWay.delete(work);
      if (line.underWay.size === 0) this.#lines.delete(stream);
    }
  }

  /** A stream is acknowledged before every server knows that its subjects have somebody to take them. */
  async #untilKnownHere(publish: () => Promise<unknown>): Promise<void> {
    for (const startNs = nowNs(); ; await sleep(ASK_AGAIN_MS)) {
      try {
        await publish();
        return;
      } catch (thrown) {
        if (!isUnattended(thrown) || nowNs() - startNs > KNOWN_WITHIN_NS) throw thrown;
      }
    }
  }

  #nameOf(stream: number): string {
    return prefixOf(this.#runId, this.#load) + stream;
  }

  #subjectOf(stream: number, key: string | number): string {
    return `stormglass.streams.${this.#runId}.${this.#load}.${stream}.${key}`;
  }

  async #makeStream(stream: number, isThere: boolean): Promise<number> {
    const name = this.#nameOf(stream);
    if (isThere) {
      try {
        await this.#manager.streams.delete(name);
      } catch (thrown) {
        if (!isStreamNotFound(thrown)) throw thrown;
      }
    }
    const { replicas, storage } = this.#params;
    await this.#manager.streams.add({
      name,
      subjects: [this.#subjectOf(stream, '>')],
      num_replicas: replicas,
      storage: storage as StorageType,
      metadata: { [STREAM_MARK]: this.#runId },
    });
    return 0;
  }

  async #makeConsumer(stream: number, consumer: number): Promise<number> {
    await this.#manager.consumers.add(this.#nameOf(stream), {
      durable_name: `c${consumer}`,
      ack_policy: 'explicit' as AckPolicy,
    });
    return 0;
  }

  async #fill(stream: number): Promise<number> {
    const { messages, keys, size } = this.#params;
    const client = jetstream(this.#nats);
    await this.#untilKnownHere(() => client.publish(this.#subjectOf(stream, 'k0'), this.#payload));
    const atOnce = Math.max(1, Math.min(FILL_BATCH, Math.floor(FILL_BATCH_BYTES / size)));
    for (let first = 1; first < messages; first += atOnce) {
      const batch = Math.min(atOnce, messages - first);
      await Promise.all(
        Array.from({ length: batch }, (_, i) =>
          client.publish(this.#subjectOf(stream, `k${(first + i) % keys}`), this.#payload),
        ),
      );
    }
    return messages * size;
  }
}
