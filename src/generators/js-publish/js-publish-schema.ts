import { z } from 'zod';
import { countSchema, durationSchema, percentageSchema } from '../../base/unit-schemas.js';
import { answeredSchema } from '../answered-schema.js';
import { traceparentSchema } from '../traceparent-schema.js';

export const PUBLISH_MODES = ['sync', 'async', 'atomic', 'fast'] as const;

/** Messages of an atomic batch, unless told. */
export const ATOMIC_MESSAGES = 100;

export const jsPublishSchema = answeredSchema.extend({
  traceparent: traceparentSchema,
  mode: z
    .enum(PUBLISH_MODES, { error: 'expected sync, async, atomic or fast' })
    .default('async')
    .describe(
      'sync: one at a time per worker; async: a window of them; atomic: in batches that are stored as a whole or not at ' +
        'all; fast: in a batch that is acknowledged so many at a time',
    ),
  'commit-every': countSchema
    .refine((count) => count <= 99_999, { error: 'expected at most 99,999' })
    .optional()
    .describe(
      `How many messages a batch has, with mode atomic (default ${ATOMIC_MESSAGES}) or fast (default: all)`,
    ),
  'commit-within': durationSchema
    .refine((ns) => ns <= 5e9, {
      error: 'expected at most 5s: a server abandons a batch that stands still for ten',
    })
    .prefault('1s')
    .describe('How long a message of a batch may wait for its commit, with mode atomic or fast'),
  'ack-every': countSchema
    .refine((count) => count <= 65_535, { error: 'expected at most 65,535' })
    .prefault(50)
    .describe('With mode fast, how many messages one acknowledgement is for, at most'),
  'msg-id': z
    .union(
      [
        z.boolean(),
        z.strictObject({
          repeat: percentageSchema
            .refine((share) => share <= 1, { error: 'expected at most 100%' })
            .describe('Share of the messages that are published twice, to be stored once'),
        }),
      ],
      { error: 'expected true, or { repeat: 1% }' },
    )
    .default(false)
    .describe('Whether each message has an id of its own (Nats-Msg-Id), by which a stream knows duplicates'),
  'expect-stream': z
    .string({ error: 'expected the name of a stream' })
    .regex(/^[^\s.*>\\/]{1,128}$/, { error: 'expected the name of a stream' })
    .optional()
    .describe('The stream that must take the messages (Nats-Expected-Stream)'),
});

export type JsPublishParams = z.output<typeof jsPublishSchema>;

/** Share of the messages that are published twice. */
export const repeatShare = ({ 'msg-id': id }: JsPublishParams): number =>
  typeof id === 'object' ? id.repeat : 0;

/** Messages of a batch; none for a batch without an end. */
export const batchMessages = (params: JsPublishParams): number | undefined =>
  params['commit-every'] ?? (params.mode === 'atomic' ? ATOMIC_MESSAGES : undefined);
