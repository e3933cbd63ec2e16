import { z } from 'zod';
import { nameSchema } from '../base/unit-schemas.js';
import { payloadSchema } from './payload-schema.js';
import { payloadSizeSchema } from './size-schema.js';

export const DEFAULT_SUBJECT_PATTERN = 'cim.events.{domain}.{type}';
/** Operations keep their subject as a number of 16 bits. */
export const MAX_EVENT_KINDS = 65_535;

const TYPES =
  'expected the types with their weights, such as { Placed: 70, Paid: 30 }, a list of names, or how many, such as 8';

const typesSchema = z.union(
  [
    z.record(nameSchema, z.number({ error: 'expected a weight: a number from 0 on, such as 70' }).min(0)),
    z.array(nameSchema).min(1),
    z.int().min(1).max(MAX_EVENT_KINDS),
  ],
  { error: TYPES },
);

export const eventsSchema = z.strictObject({
  subject: z
    .string({
      error: `expected a subject with {domain} and {type} in it, such as ${DEFAULT_SUBJECT_PATTERN}`,
    })
    .default(DEFAULT_SUBJECT_PATTERN)
    .describe(
      'Where an event goes: {domain} and {type} stand for its own, {shard:100} for a number below 100, each a whole token.',
    ),
  mix: z
    .array(
      z.strictObject({
        domain: nameSchema.describe('Name of the domain: a token of the subject.'),
        weight: z
          .number({ error: 'expected a weight: a number above zero, such as 3' })
          .positive()
          .default(1)
          .describe('Share of these events among all of a load that sends several domains.'),
        types: typesSchema.describe(
          'Types of event: names with weights, names alone (equal weights), or how many (t1, t2, …).',
        ),
        size: payloadSizeSchema
          .optional()
          .describe('Size of the payload: 256B, a range such as 16B..64B, or a spread. At least 16B.'),
        payload: payloadSchema
          .optional()
          .describe('What the payload is made of. Default: bytes that do not compress.'),
      }),
    )
    .min(1)
    .describe('The domains, their types, their sizes and payloads.'),
});

export type EventsInput = z.output<typeof eventsSchema>;
