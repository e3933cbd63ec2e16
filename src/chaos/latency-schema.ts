import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

const DELAY =
  'expected a delay of 2ms to 5s; what is shorter is lost among what a busy machine adds, and what takes longer is a cut: use a partition';

/** The keys of a `latency` in a scenario, beside kind, at, target and for. */
export const latencySchema = z
  .strictObject({
    delay: durationSchema
      .refine((ns) => ns >= 2 * NS.ms && ns <= 5 * NS.s, { error: DELAY })
      .describe('How much later data arrives, each way: a round trip takes twice as much longer. 2ms to 5s'),
    jitter: durationSchema
      .default(0)
      .describe('How much sooner or later than that, drawn for each piece of data; data is not reordered'),
    on: onSchema,
  })
  .refine(({ delay, jitter }) => jitter <= delay, {
    path: ['jitter'],
    error: 'expected no more jitter than delay: data cannot arrive before it was sent',
  });

export type LatencyParams = z.output<typeof latencySchema>;
