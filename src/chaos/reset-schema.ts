import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

/** The keys of a `reset` in a scenario, beside kind, at, target and for. */
export const resetSchema = z.strictObject({
  delay: durationSchema
    .refine((ns) => ns <= 2 * NS.s, { error: 'expected a time of up to 2s' })
    .prefault('0s')
    .describe('How long after data comes into a connection that ends. Up to 2s'),
  on: onSchema,
});

export type ResetParams = z.output<typeof resetSchema>;
