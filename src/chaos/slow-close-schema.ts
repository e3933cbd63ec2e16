import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

/** The keys of a `slow-close` in a scenario, beside kind, at, target and for. */
export const slowCloseSchema = z.strictObject({
  delay: durationSchema
    .refine((ns) => ns >= 10 * NS.ms && ns <= 5 * NS.s, { error: 'expected a delay of 10ms to 5s' })
    .describe('How long after one side has closed a connection the other sees it. 10ms to 5s'),
  on: onSchema,
});

export type SlowCloseParams = z.output<typeof slowCloseSchema>;
