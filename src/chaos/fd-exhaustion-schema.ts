import { z } from 'zod';

/** The keys of an `fd-exhaustion` in a scenario, beside those of every fault. */
export const fdExhaustionSchema = z.strictObject({
  spare: z
    .int({ error: 'expected a whole number from 0 to 1000' })
    .min(0, { error: 'expected a whole number from 0 to 1000' })
    .max(1000, { error: 'expected a whole number from 0 to 1000' })
    .default(0)
    .describe(
      'How many files each target may still open, beside those that it has open when the fault begins',
    ),
});

export type FdExhaustionParams = z.output<typeof fdExhaustionSchema>;
