import { z } from 'zod';
import { percentageSchema } from '../base/unit-schemas.js';
import { boundedSize } from './pressure-schemas.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** The keys of a `memory-pressure` in a scenario, beside those of every fault. */
export const memoryPressureSchema = z
  .strictObject({
    size: boundedSize(16 * MIB, 1024 * GIB)
      .optional()
      .describe('How much is taken; either this or `percent`'),
    percent: percentageSchema
      .refine((share) => share > 0 && share <= 0.9, { error: 'expected a share above 0% and up to 90%' })
      .optional()
      .describe('How much is taken of what is available when it begins'),
    reserve: boundedSize(256 * MIB, 1024 * GIB)
      .prefault('512MiB')
      .describe('So much always stays available: what is held is given back for it'),
  })
  .refine(({ size, percent }) => (size === undefined) !== (percent === undefined), {
    error: 'expected either `size` or `percent`',
  });

export type MemoryPressureParams = z.output<typeof memoryPressureSchema>;
