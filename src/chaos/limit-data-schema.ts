import { z } from 'zod';
import { sizeSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

const SIZE = 'expected a size of 1B to 4MiB';

/** The keys of a `limit-data` in a scenario, beside kind, at, target and for. */
export const limitDataSchema = z.strictObject({
  bytes: sizeSchema
    .refine((bytes) => bytes >= 1 && bytes <= 4 * 1024 * 1024, { error: SIZE })
    .describe('How much a connection carries one way until it ends. 1B to 4MiB'),
  on: onSchema,
});

export type LimitDataParams = z.output<typeof limitDataSchema>;
