import { z } from 'zod';
import { boundedCount, filterSchema } from './pressure-schemas.js';

/** The keys of a `slow-consumer` in a scenario, beside those of every fault. */
export const slowConsumerSchema = z.strictObject({
  subject: filterSchema
    .prefault('cim.events.>')
    .describe('What they subscribe to: something that the load of the run publishes'),
  subscribers: boundedCount(100).prefault(1).describe('How many there are, each with its own connection'),
  copies: boundedCount(1_000)
    .prefault(1)
    .describe(
      'How often each of them subscribes: the server sends each message so many times, and finds it slow so much sooner',
    ),
});

export type SlowConsumerParams = z.output<typeof slowConsumerSchema>;
