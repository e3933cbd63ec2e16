import {
  type AckPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import { countSchema, patienceSchema, sizeSchema } from '../base/unit-schemas.js';
import { formatSize } from '../base/units.js';
import type { LoadKindFacts, LoadProblem } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan.js';
import { connectControl } from '../nats/connect.js';
import { isStreamNotFound, isUnattended } from '../nats/jetstream-errors.js';
import { removeMarkedStreams } from '../nats/remove-marked-stream.js';
import { STREAM_MARK } from '../nats/streams.js';
import { answeredSchema } from './answered-schema.js';
import { shareOf } from './answered-traffic.js';
import { CalledTraffic } from './called-traffic.js';
import { jetStreamProblems } from './jetstream-problems.js';
import type { LoadKind } from './load-kind.js';

const schema = answeredSchema.omit({ headers: true }).extend({
  window: countSchema.prefault(4).describe('How many calls may be under way at a time, per worker'),
  'ack-timeout': patienceSchema
    .prefault('30s')
    .describe('How long a call may take before its outcome is unknown'),
  streams: countSchema
    .refine((streams) => streams <= 1_000_000, { error: 'expected at most 1M' })
    .describe('How many streams there are; when all are there, each is removed and made anew, in turn'),
  consumers: z
    .int({ error: 'expected how many, a whole number from 0 on' })
    .min(0)
    .max(10_000)
    .default(0)
    .describe('How many durable consumers each stream gets'),
  messages: z
    .int({ error: 'expected how many, a whole number from 0 on' })
    .min(0)
    .max(10_000_000)
    .default(0)
    .describe('How many messages each stream is filled with'),
  keys: countSchema.prefault(1).describe('Over how many subjects of the stream its messages are spread'),
  size: sizeSchema
    .refine((bytes) => bytes <= 64 * 1024 * 1024, { error: 'expected at most 64MiB' })
    .prefault('128B')
    .describe('Size of a message'),
  replicas: z
    .int({ error: 'expected a number of replicas: 1 to 5' })
    .min(1)
    .max(5)
    .default(1)
    .describe('Replicas of each stream'),
  storage: z
    .enum(['file', 'memory'], { error: 'expected file or memory' })
    .default('file')
    .describe('Where the streams are kept'),
  'before-load': z
    .boolean()
    .default(false)
    .describe('Makes all of it before the load starts, as what the other loads find there'),
});

type StreamsParams = z.output<typeof schema>;

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed', 'follow'],
};

const paramsOf = (load: LoadPlan): StreamsParams => load.params as StreamsParams;

/** Creates streams and consumers and fills them: as a load, call by call, or before the load. */
export const streams: LoadKind = {
  kind: 'streams',
  summary: 'creates streams, consumers and messages by the thousand, as load or before it',
  facts,
  schema,
  findProblems: (load, scene) => [
    ...scheduleProblems(load),
    ...shareProblems(load),
    ...jetStreamProblems(paramsOf(load).replicas, scene),
  ],
  preparesOnly: (load) => paramsOf(load)['before-load'],
  prepare: async (load, { access, runId, scene, signal, recordUndo }) => {
    const prefix = prefixOf(runId, load.name);
    if (scene.isExternal) {
      recordUndo({
        kind: 'remove-streams',
        id: `streams-${load.name}`,
        what: `remove the streams ${prefix}…`,
        manual: `nats stream ls --names | grep '^${prefix}' | xargs -n 1 nats stream rm --force`,
        prefix,
        servers: access.servers,
        mark: runId,
      });
    }
    if (paramsOf(load)['before-load']) {
      const nats = await connectControl(access, { name: 'stormglass-prefill' });
      try {
        const works = await StreamWorks.open(nats, load, runId);
        for (let step = 0; step < works.steps * paramsOf(load).streams; step++) {
          signal.throwIfAborted();
          await works.perform(step, 0, 1);
        }
      } catch (thrown) {
        if (signal.aborted || thrown instanceof PreflightError) throw thrown;
        const message = `load ${load.name}: its streams cannot be made: ${messageOf(thrown)}`;
        throw new PreflightError(message, { cause: thrown });
      } finally {
        await nats.close();
      }
    }
    return async () => {
      if (scene.isExternal) await removeMarkedStreams(access, prefix, runId);
    };
  },
  create: (setting) => new StreamsTraffic(setting),
};

function scheduleProblems(load: LoadPlan): readonly LoadProblem[] {
  const isBefore = paramsOf(load)['before-load'];
  if (isBefore === (load.schedule.mode === 'follow')) return [];
  return isBefore
    ? [
        {
          key: 'before-load',
          message: 'what is made before the load has no rate',
          hint: 'Leave out the rate, or `before-load`.',
        },
      ]
    : [
        {
          message: 'the load says no rate',
          hint: 'Write `rate: 50/s` with `for: 60s`, or `before-load: true`.',
        },
      ];
}

/** Each worker has streams of its own, so that none removes what another is filling. */
function shareProblems(load: LoadPlan): readonly LoadProblem[] {
  const { streams } = paramsOf(load);
  if (streams >= load.workers) return [];
  const message = `${streams} streams cannot be shared by ${load.workers} workers: each has at least one`;
  return [{ key: 'streams', message, hint: 'Raise it, or lower `workers`.' }];
}

const prefixOf = (runId: string, load: string): string => `SG-${runId}-${load}-`;

/** What is being done with a stream. */
interface StreamLine {
  /** Its last making; rejects when that failed. */
  made: Promise<number>;
  readonly underWay: Set<Promise<number>>;
}

/** What is made, step by step: a stream, its consumers one by one, then its messages; then the next stream. */
class StreamWorks {
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
    this.#params = paramsOf(load);
    this.#load = load.name;
    this.#runId = runId;
    this.#payload = Buffer.allocUnsafe(this.#params.size);
    seededRandom(0, `streams/${load.name}`).fill(this.#payload);
    this.steps = 1 + this.#params.consumers + (this.#params.messages > 0 ? 1 : 0);
  }

  static async open(nats: NatsConnection, load: LoadPlan, runId: string): Promise<StreamWorks> {
    const { messages, size } = paramsOf(load);
    const mostBytes = nats.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (messages > 0 && size > mostBytes) {
      throw new PreflightError(
        `load ${load.name}: its messages have ${formatSize(size)}, the server takes ${formatSize(mostBytes)}`,
        { hint: 'make `size` smaller, or set max_payload in cluster.config' },
      );
    }
    const timeout = paramsOf(load)['ack-timeout'] / NS.ms;
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

/** How long a server of a cluster may take to hear of a stream that another one leads. */
const KNOWN_WITHIN_NS = 5 * NS.s;
const ASK_AGAIN_MS = 5;

/** Publishes that wait for their acknowledgement together, and what they may hold in memory meanwhile. */
const FILL_BATCH = 256;
const FILL_BATCH_BYTES = 8 * 1024 * 1024;

class StreamsTraffic extends CalledTraffic {
  #works: StreamWorks | undefined;

  get meanBytes(): number {
    const { messages, size, consumers } = paramsOf(this.setting.load);
    return messages === 0 ? 0 : (messages * size) / (2 + consumers);
  }

  protected override async prepare(nats: NatsConnection): Promise<void> {
    this.#works = await StreamWorks.open(nats, this.setting.load, this.setting.runId);
  }

  protected override perform(call: number): Promise<number> {
    const { load, worker } = this.setting;
    return this.#works!.perform(call, worker, load.workers);
  }
}
