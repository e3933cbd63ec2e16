import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema } from '../base/unit-schemas.js';
import { boundedCount, boundedRate } from './pressure-schemas.js';

/** The keys of a `connection-storm` in a scenario, beside those of every fault. */
export const connectionStormSchema = z.strictObject({
  connections: boundedCount(10_000)
    .prefault(500)
    .describe('How many are open at a time, on all targets together'),
  rate: boundedRate(5_000).prefault('200/s').describe('How many are opened a second'),
  stay: durationSchema
    .refine((ns) => ns >= 50 * NS.ms && ns <= NS.h, { error: 'expected a time from 50ms to 1h' })
    .optional()
    .describe(
      'A connection leaves after so long and another takes its place. Default: it stays as long as the fault',
    ),
});

export type ConnectionStormParams = z.output<typeof connectionStormSchema>;
