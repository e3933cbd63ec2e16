import type { z } from 'zod';
import { countSchema, durationSchema, patienceSchema } from '../base/unit-schemas.js';
import { TOKEN_SLOTS } from '../wire/reply-token.js';
import { pacedSchema } from './paced-schema.js';

/** What every kind of load lets the user set whose operations are answered. Durations are nanoseconds. */
export const answeredSchema = pacedSchema.extend({
  window: countSchema
    .refine((size) => size <= TOKEN_SLOTS, { error: `expected at most ${TOKEN_SLOTS}` })
    .prefault(256)
    .describe('How many operations may wait for their answer at a time, per worker'),
  'ack-timeout': patienceSchema
    .prefault('5s')
    .describe('How long an answer is waited for before the outcome is unknown'),
  overdue: durationSchema
    .prefault('1s')
    .describe('An answer later than this after the due time counts as trouble: recovery is measured by it'),
});

export type AnsweredParams = z.output<typeof answeredSchema>;
