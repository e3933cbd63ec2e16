import { z } from 'zod';
import { byteRateSchema, rateSchema } from '../base/unit-schemas.js';

const WRITES = 'expected a rate of writes from 1/s to 1000/s';
const THROUGHPUT = 'expected bytes a second, from 16KiB/s to 1GiB/s';

/** The keys of a `slow-disk` in a scenario, beside kind, at, target and for. */
export const slowDiskSchema = z
  .strictObject({
    writes: rateSchema
      .refine((perSec) => perSec >= 1 && perSec <= 1000, { error: WRITES })
      .optional()
      .describe('How many writes the disk takes; one flush (fsync) of a file is several of them'),
    throughput: byteRateSchema
      .refine((perSec) => perSec >= 16 * 1024 && perSec <= 1024 ** 3, { error: THROUGHPUT })
      .optional()
      .describe('How many bytes a second can be written to the disk'),
  })
  .refine(({ writes, throughput }) => writes !== undefined || throughput !== undefined, {
    error: 'say how slow: `writes: 20/s`, `throughput: 1MiB/s`, or both',
  });

export type SlowDiskParams = z.output<typeof slowDiskSchema>;
