import { z } from 'zod';
import { countSchema, patienceSchema, sizeSchema } from '../../base/unit-schemas.js';
import { answeredSchema } from '../answered-schema.js';

export const streamsSchema = answeredSchema.omit({ headers: true }).extend({
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

export type StreamsParams = z.output<typeof streamsSchema>;
