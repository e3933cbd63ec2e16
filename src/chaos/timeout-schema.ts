import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

/** The keys of a `timeout` in a scenario, beside kind, at, target and for. */
export const timeoutSchema = z.strictObject({
  idle: durationSchema
    .refine((ns) => ns >= NS.ms && ns <= 2 * NS.s, { error: 'expected a time of 1ms to 2s' })
    .prefault('1s')
    .describe('How long no more data has to come into a connection until that ends. 1ms to 2s'),
  on: onSchema,
});

export type TimeoutParams = z.output<typeof timeoutSchema>;
