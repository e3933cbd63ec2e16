import { z } from 'zod';
import { NS } from '../base/clock.js';
import { countSchema, durationSchema } from '../base/unit-schemas.js';
import { MAX_BATCH_EVENTS } from '../wire/batch.js';

/** Several events in one message. Durations are nanoseconds. */
export const batchSchema = z
  .strictObject({
    events: countSchema
      .refine((events) => events <= MAX_BATCH_EVENTS, { error: `expected at most ${MAX_BATCH_EVENTS}` })
      .describe('A message with so many events is full, and sent.'),
    within: durationSchema
      .refine((ns) => ns > 0 && ns <= NS.min, {
        error: 'expected a duration above zero and up to 1m, such as 5ms',
      })
      .prefault('5ms')
      .describe('A message is sent at the latest when its oldest event has been due for so long.'),
  })
  .optional()
  .describe('Several events in one message, all of one subject. Default: each is a message of its own.');

export type BatchParams = NonNullable<z.output<typeof batchSchema>>;
