import { type ObjectStore, Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { messageOf, PreflightError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import { countSchema, nameSchema, patienceSchema, sizeSchema } from '../base/unit-schemas.js';
import type { LoadKindFacts, LoadProblem, LoadScene } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { COUNTER } from '../metrics/load-recorder.js';
import { connectControl } from '../nats/connect.js';
import { answeredSchema } from './answered-schema.js';
import { CalledTraffic } from './called-traffic.js';
import { jetStreamProblems } from './jetstream-problems.js';
import type { LoadKind, TrafficSetting } from './load-kind.js';
import { shareOf } from './worker-share.js';

const share = z
  .number({ error: 'expected a weight: a number from 0 on, such as 70' })
  .min(0, { error: 'expected a weight: a number from 0 on, such as 70' })
  .default(0);

const schema = answeredSchema.omit({ headers: true }).extend({
  // An object is many messages: a few at a time are enough to keep a server busy.
  window: countSchema.prefault(8).describe('How many puts and gets may be under way at a time, per worker'),
  'ack-timeout': patienceSchema
    .prefault('30s')
    .describe('How long a put or get may take before its outcome is unknown'),
  bucket: nameSchema.describe('The object store; made before the load unless it is there'),
  mix: z
    .strictObject({ put: share.describe('Weight of puts'), get: share.describe('Weight of gets') })
    .refine(({ put, get }) => put + get > 0, {
      error: 'expected at least one weight above 0, such as { put: 20, get: 80 }',
    })
    .prefault({ put: 50, get: 50 })
    .describe('How often each operation occurs: put, get'),
  objects: countSchema
    .refine((objects) => objects <= 1_000_000, { error: 'expected at most 1M' })
    .prefault(64)
    .describe('How many objects there are: o0, o1, …'),
  size: sizeSchema
    .refine((bytes) => bytes >= 1 && bytes <= 1024 ** 3, { error: 'expected 1B to 1GiB' })
    .prefault('1MiB')
    .describe('Size of an object'),
  'chunk-size': sizeSchema
    .refine((bytes) => bytes >= 1024 && bytes <= 64 * 1024 * 1024, { error: 'expected 1KiB to 64MiB' })
    .prefault('128KiB')
    .describe('An object is stored in messages of this size'),
  prefill: z.boolean().default(true).describe('Whether every object is there before the load starts'),
  replicas: z
    .int({ error: 'expected a number of replicas: 1 to 5' })
    .min(1)
    .max(5)
    .default(1)
    .describe('Replicas of the object store, when it is made'),
  storage: z
    .enum(['file', 'memory'], { error: 'expected file or memory' })
    .optional()
    .describe('Where the object store is kept, when it is made. Default: as the cluster has it'),
});

type ObjectParams = z.output<typeof schema>;

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed'],
  measures: ['misses'],
};

const paramsOf = (load: LoadPlan): ObjectParams => load.params as ObjectParams;

/** Puts and gets of whole objects, through the client library: it cuts them into chunks and checks their digest. */
export const object: LoadKind = {
  kind: 'object',
  summary: 'puts and gets of whole objects in an object store',
  facts,
  schema,
  findProblems: (load, scene) => [
    ...objectProblems(load),
    ...jetStreamProblems(paramsOf(load).replicas, scene),
  ],
  streams: (load, scene) => [storePlan(paramsOf(load), scene)],
  prepare: async (load, { access, seed, signal }) => {
    const params = paramsOf(load);
    if (!params.prefill) return async () => {};
    const connection = await connectControl(access, { name: 'stormglass-prefill' });
    try {
      const store = await openStore(connection, params.bucket);
      const data = objectData(seed, load.name, params.size);
      for (let i = 0; i < params.objects; i++) {
        signal.throwIfAborted();
        await putObject(store, i, data, params);
      }
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const message = `load ${load.name}: the object store ${params.bucket} cannot be prefilled: ${messageOf(thrown)}`;
      throw new PreflightError(message, { cause: thrown });
    } finally {
      await connection.close();
    }
    return async () => {};
  },
  create: (setting) => new ObjectTraffic(setting),
};

/** While as many are put as can be at a time, there must be one more to get. */
function objectProblems(load: LoadPlan): readonly LoadProblem[] {
  const { objects, window } = paramsOf(load);
  const { schedule, workers } = load;
  const atOnce = schedule.mode === 'closed' ? Math.ceil(schedule.concurrency / workers) : window;
  const needed = (atOnce + 1) * workers;
  if (objects >= needed) return [];
  const message = `with ${atOnce} calls at a time and ${workers} workers, ${objects} objects are too few: no object is put while it is got`;
  return [{ key: 'objects', message, hint: `Write at least \`objects: ${needed}\`, or a smaller window.` }];
}

/** The stream behind an object store, as clients of NATS make it (ADR-20). */
function storePlan({ bucket, replicas, storage }: ObjectParams, scene: LoadScene): StreamPlan {
  return {
    name: `OBJ_${bucket}`,
    subjects: [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`],
    config: {
      retention: 'limits',
      storage: storage ?? scene.defaultStorage,
      num_replicas: replicas,
      discard: 'new',
      allow_rollup_hdrs: true,
      allow_direct: true,
    },
  };
}

function objectData(seed: number, load: string, bytes: number): Buffer {
  const data = Buffer.allocUnsafe(bytes);
  seededRandom(seed, `object/${load}`).fill(data);
  return data;
}

const openStore = (connection: NatsConnection, bucket: string): Promise<ObjectStore> =>
  new Objm(connection).open(bucket, false);

const putObject = (store: ObjectStore, i: number, data: Uint8Array, params: ObjectParams) =>
  store.putBlob({ name: `o${i}`, options: { max_chunk_size: params['chunk-size'] } }, data);

class ObjectTraffic extends CalledTraffic {
  readonly #params: ObjectParams;
  readonly #data: Buffer;
  /** By object: how many gets it has, and ALONE for a put. */
  readonly #users: Float64Array;
  #store: ObjectStore | undefined;

  constructor(setting: TrafficSetting) {
    super(setting);
    this.#params = paramsOf(setting.load);
    this.#users = new Float64Array(this.#params.objects + setting.load.workers);
    this.#data = objectData(setting.worker, setting.load.name, this.#params.size);
  }

  get meanBytes(): number {
    const { size, mix } = this.#params;
    return (size * mix.put) / (mix.put + mix.get);
  }

  protected override async prepare(nats: NatsConnection): Promise<void> {
    this.#store = await openStore(nats, this.#params.bucket);
  }

  /**
   * An object that is being replaced loses the chunks that a get is reading, which then waits for them in vain: so each
   * worker has objects of its own, and none is put while it is got.
   */
  protected override async perform(_call: number, phase: number): Promise<number> {
    const { mix, size } = this.#params;
    const isPut = this.setting.random.next() * (mix.put + mix.get) < mix.put;
    const i = this.#choose(isPut);
    this.#users[i]! += isPut ? ALONE : 1;
    const store = this.#store!;
    try {
      if (isPut) await putObject(store, i, this.#data, this.#params);
      else if ((await store.getBlob(`o${i}`)) === null) this.run.recorder.count(COUNTER.misses, phase, 1);
    } finally {
      this.#users[i]! -= isPut ? ALONE : 1;
    }
    return isPut ? size : 0;
  }

  /** An object that nobody uses, for a put; for a get one that is not being put. There is one: see `objects`. */
  #choose(isPut: boolean): number {
    const { load, worker, random } = this.setting;
    const own = shareOf(this.#params.objects, worker, load.workers);
    const first = random.below(own);
    for (let n = 0; n < own; n++) {
      const i = ((first + n) % own) * load.workers + worker;
      if (isPut ? this.#users[i] === 0 : this.#users[i]! < ALONE) return i;
    }
    return first * load.workers + worker;
  }
}

/** More than the gets that can be under way at a time. */
const ALONE = 2 ** 20;
