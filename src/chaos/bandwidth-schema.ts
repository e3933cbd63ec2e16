import { z } from 'zod';
import { byteRateSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

const RATE = 'expected a rate of 10KB/s to 1GB/s, such as 1MiB/s';

/** The keys of a `bandwidth` in a scenario, beside kind, at, target and for. */
export const bandwidthSchema = z.strictObject({
  rate: byteRateSchema
    .refine((bytesPerSec) => bytesPerSec >= 10e3 && bytesPerSec <= 1e9, { error: RATE })
    .describe('How much a connection carries each way, to the nearest KB/s. 10KB/s to 1GB/s'),
  on: onSchema,
});

export type BandwidthParams = z.output<typeof bandwidthSchema>;
