import { type ObjectStore, Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { messageOf, PreflightError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import { countSchema, durationSchema, nameSchema, sizeSchema } from '../base/unit-schemas.js';
import type { LoadKindFacts, LoadScene } from '../contracts/load.js';
import type { LoadPlan, StreamPlan } from '../contracts/plan.js';
import { COUNTER } from '../metrics/load-recorder.js';
import { connectControl } from '../nats/connect.js';
import { answeredSchema } from './answered-schema.js';
import { CalledTraffic } from './called-traffic.js';
import type { LoadKind, TrafficSetting } from './load-kind.js';

const share = z
  .number({ error: 'expected a weight: a number from 0 on, such as 70' })
  .min(0, { error: 'expected a weight: a number from 0 on, such as 70' })
  .default(0);

const schema = answeredSchema.omit({ headers: true }).extend({
  // An object is many messages: a few at a time are enough to keep a server busy.
  window: countSchema.prefault(8).describe('How many puts and gets may be under way at a time, per worker'),
  'ack-timeout': durationSchema
    .prefault('30s')
    .describe('How long a put or get may take before its outcome is unknown'),
  bucket: nameSchema.describe('The object store; made before the load unless it is there'),
  mix: z
    .strictObject({ put: share, get: share })
    .refine(({ put, get }) => put + get > 0, {
      error: 'expected at least one weight above 0, such as { put: 20, get: 80 }',
    })
    .prefault({ put: 50, get: 50 })
    .describe('How often each operation occurs: put, get'),
  objects: countSchema
    .refine((objects) => objects <= 1_000_000, { error: 'expected at most 1M' })
    .prefault(16)
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
  history: false,
  events: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed'],
};

const paramsOf = (load: LoadPlan): ObjectParams => load.params as ObjectParams;

/** Puts and gets of whole objects, through the client library: it cuts them into chunks and checks their digest. */
export const object: LoadKind = {
  kind: 'object',
  summary: 'puts and gets of whole objects in an object store',
  facts,
  schema,
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
  #store: ObjectStore | undefined;

  constructor(setting: TrafficSetting) {
    super(setting);
    this.#params = paramsOf(setting.load);
    this.#data = objectData(setting.worker, setting.load.name, this.#params.size);
  }

  get meanBytes(): number {
    const { size, mix } = this.#params;
    return (size * mix.put) / (mix.put + mix.get);
  }

  protected override async prepare(nats: NatsConnection): Promise<void> {
    this.#store = await openStore(nats, this.#params.bucket);
  }

  protected override async perform(_call: number, phase: number): Promise<number> {
    const { mix, objects, size } = this.#params;
    const { random } = this.setting;
    const store = this.#store!;
    const i = random.below(objects);
    if (random.next() * (mix.put + mix.get) < mix.put) {
      await putObject(store, i, this.#data, this.#params);
      return size;
    }
    if ((await store.getBlob(`o${i}`)) === null) this.run.recorder.count(COUNTER.misses, phase, 1);
    return 0;
  }
}
