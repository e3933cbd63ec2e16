import { z } from 'zod';

const EXPECT = 'expected a comparison such as "p99 < 250ms" or "ratio == 0"';
const expectSchema = z.string({ error: EXPECT }).min(1, { error: EXPECT });

const entrySchema = z.union(
  [
    expectSchema,
    z.strictObject({
      expect: expectSchema.describe('What must hold: a statistic, a comparison and a value with its unit.'),
      during: z
        .enum(['steady', 'faults', 'warm-up'])
        .optional()
        .describe(
          'Only operations due while no fault held (steady), while one did (faults), or in the warm-up of the load. Default: all but the warm-up.',
        ),
    }),
  ],
  { error: 'expected "p99 < 250ms" or { expect: "p99 < 250ms", during: steady }' },
);

export const thresholdListSchema = z
  .array(entrySchema, { error: 'expected a list, such as ["p99 < 250ms"]' })
  .min(1);

export const thresholdsSchema = z.record(z.string(), thresholdListSchema);
