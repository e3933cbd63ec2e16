import { z } from 'zod';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { filtersSchema, queueSchema } from '../subject-schemas.js';

const MOST_SUBSCRIBERS = 100_000;

const howManySchema = countSchema.refine((count) => count <= MOST_SUBSCRIBERS, {
  error: `expected at most ${MOST_SUBSCRIBERS}`,
});

const lastingSchema = durationSchema.refine((ns) => ns > 0, { error: 'expected a duration above zero' });

/** Durations are nanoseconds. */
export const subscribeSchema = z.strictObject({
  subject: filtersSchema
    .optional()
    .describe(
      'What each subscriber listens to: a subject, or a list of them. Default: the events of `domains`',
    ),
  queue: queueSchema
    .optional()
    .describe('A queue group that all subscribers join: each message goes to one of them. Default: to each'),
  subscribers: howManySchema.prefault(1).describe('How many subscribers there are, all workers together'),
  connections: howManySchema
    .optional()
    .describe('How many connections they share, all workers together. Default: each has its own'),
  delay: lastingSchema
    .optional()
    .describe('What a subscriber needs for a message: its connection reads no more meanwhile'),
  stall: z
    .strictObject({
      every: lastingSchema.describe('How often'),
      for: lastingSchema.describe('How long'),
    })
    .refine(({ every, for: forNs }) => forNs < every, {
      error: 'expected `for` to be shorter than `every`: in between, the subscribers read',
    })
    .optional()
    .describe(
      'Every so often all subscribers read nothing for a while: what a hung consumer does to a server',
    ),
});

export type SubscribeParams = z.output<typeof subscribeSchema>;
