import { z } from 'zod';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { pacedSchema } from '../paced-schema.js';

const MOST_CONNECTIONS = 1_000_000;
const MOST_SUBSCRIPTIONS = 10_000;

const lastingSchema = durationSchema.refine((ns) => ns > 0, { error: 'expected a duration above zero' });

/** Durations are nanoseconds. */
export const connectionsSchema = pacedSchema.omit({ headers: true }).extend({
  connections: countSchema
    .refine((count) => count <= MOST_CONNECTIONS, { error: 'expected at most 1M' })
    .prefault(1000)
    .describe(
      'How many may be open at a time, all workers together; when they are, a new one takes the place of the oldest',
    ),
  hold: lastingSchema
    .optional()
    .describe('How long each is kept open. Default: until a new one takes its place, or the load ends'),
  subscriptions: z
    .int({ error: `expected how many, 0 to ${MOST_SUBSCRIPTIONS}` })
    .min(0, { error: `expected how many, 0 to ${MOST_SUBSCRIPTIONS}` })
    .max(MOST_SUBSCRIPTIONS, { error: `expected how many, 0 to ${MOST_SUBSCRIPTIONS}` })
    .default(0)
    .describe(
      'How many subjects each listens to, all of its own; it counts as connected when the server has them',
    ),
  timeout: lastingSchema
    .prefault('5s')
    .describe('How long the server may take, from the first packet on, before the attempt has failed'),
  window: countSchema
    .refine((count) => count <= 100_000, { error: 'expected at most 100k' })
    .prefault(256)
    .describe('How many attempts may be under way at a time, per worker'),
  overdue: durationSchema
    .prefault('1s')
    .describe(
      'A connection later than this after the due time counts as trouble: recovery is measured by it',
    ),
});

export type ConnectionsParams = z.output<typeof connectionsSchema>;
