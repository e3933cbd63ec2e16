import { z } from 'zod';
import { percentageSchema } from '../base/unit-schemas.js';
import { boundedCount } from './pressure-schemas.js';

const MOST_WORKERS = 256;

/** The keys of a `cpu-pressure` in a scenario, beside those of every fault. */
export const cpuPressureSchema = z.strictObject({
  workers: boundedCount(MOST_WORKERS)
    .optional()
    .describe('How many threads compute. Default: one for each core that stormglass may run on'),
  load: percentageSchema
    .refine((share) => share > 0 && share <= 1, { error: 'expected a share above 0% and up to 100%' })
    .prefault('100%')
    .describe('Of a core, how much each of them takes'),
  nice: z
    .int({ error: 'expected a whole number from 0 to 19' })
    .min(0, { error: 'expected a whole number from 0 to 19' })
    .max(19, { error: 'expected a whole number from 0 to 19' })
    .default(0)
    .describe('How far they step back for others: 0, as everybody does, to 19'),
  cpus: z
    .string({ error: 'expected processors, such as 0 or 0,2-3' })
    .regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, { error: 'expected processors, such as 0 or 0,2-3' })
    .optional()
    .describe(
      'The processors that they may run on, as taskset takes them. Default: all that stormglass may run on',
    ),
});

export type CpuPressureParams = z.output<typeof cpuPressureSchema>;
