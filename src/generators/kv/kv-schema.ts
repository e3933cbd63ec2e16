import { z } from 'zod';
import { countSchema, durationSchema, nameSchema, sizeSchema } from '../../base/unit-schemas.js';
import { answeredSchema } from '../answered-schema.js';

const share = z
  .number({ error: 'expected a weight: a number from 0 on, such as 70' })
  .min(0, { error: 'expected a weight: a number from 0 on, such as 70' })
  .default(0);

/** The operations of a `kv` load, in the order of their indices. */
export const KV_OPERATIONS = ['put', 'get', 'compare-and-set'] as const;
export type KvOperation = (typeof KV_OPERATIONS)[number];

export const kvSchema = answeredSchema.omit({ headers: true }).extend({
  bucket: nameSchema.describe('The bucket; made before the load unless it is there'),
  mix: z
    .strictObject({
      put: share.describe('Weight of puts'),
      get: share.describe('Weight of gets'),
      'compare-and-set': share.describe('Weight of puts that expect the revision they last saw'),
    })
    .refine((mix) => KV_OPERATIONS.some((operation) => mix[operation] > 0), {
      error: 'expected at least one weight above 0, such as { put: 50, get: 50 }',
    })
    .prefault({ put: 50, get: 50 })
    .describe('How often each operation occurs: put, get, compare-and-set'),
  keys: countSchema
    .refine((keys) => keys <= 10_000_000, { error: 'expected at most 10M' })
    .prefault(1000)
    .describe('How many keys there are: k0, k1, … with leading zeros'),
  skew: z
    .number({ error: 'expected a number from 0 (all keys alike) to 2, such as 0.99' })
    .min(0)
    .max(2)
    .default(0)
    .describe('Exponent of the Zipf distribution of the keys; 0: all alike'),
  size: sizeSchema
    .refine((bytes) => bytes >= 16 && bytes <= 64 * 1024 * 1024, {
      error: 'expected at least 16B, for the stamp that every value carries, and at most 64MiB',
    })
    .prefault('128B')
    .describe('Size of a value, at least 16B'),
  prefill: z.boolean().default(true).describe('Whether every key has a value before the load starts'),
  watchers: z
    .int({ error: 'expected how many, a whole number from 0 on' })
    .min(0)
    .max(10_000)
    .default(0)
    .describe('How many watches of the whole bucket there are beside, all workers together'),
  replicas: z
    .int({ error: 'expected a number of replicas: 1 to 5' })
    .min(1)
    .max(5)
    .default(1)
    .describe('Replicas of the bucket, when it is made'),
  storage: z
    .enum(['file', 'memory'], { error: 'expected file or memory' })
    .optional()
    .describe('Where the bucket is kept, when it is made. Default: as the cluster has it'),
  'history-depth': z
    .int({ error: 'expected how many, 1 to 64' })
    .min(1)
    .max(64)
    .default(1)
    .describe('How many values of a key the bucket keeps, when it is made'),
  'max-age': durationSchema.optional().describe('How long the bucket keeps a value, when it is made'),
});

export type KvParams = z.output<typeof kvSchema>;

export const bucketStream = (bucket: string): string => `KV_${bucket}`;

/** The name of key `i`: all have the same width, so that one can take the other's place in a frame. */
export function keyName(i: number, keys: number): string {
  return `k${String(i).padStart(keyDigits(keys), '0')}`;
}

export const keyDigits = (keys: number): number => String(keys - 1).length;
