import { z } from 'zod';
import { percentageSchema, sizeSchema } from '../base/unit-schemas.js';

const LEFT = 'expected a size such as 1MiB, or a percentage of the volume such as 2%';

/** The keys of a `disk-full` in a scenario, beside kind, at, target and for. */
export const diskFullSchema = z.strictObject({
  left: z
    .union(
      [
        sizeSchema.transform((bytes) => ({ bytes })),
        percentageSchema.refine((ratio) => ratio < 1, { error: LEFT }).transform((ratio) => ({ ratio })),
      ],
      { error: LEFT },
    )
    .prefault('0B')
    .describe(
      "How much room is left on the volume of the node's store, as a size or a share of it; nothing unless told. With room left, only that it is so little is proven",
    ),
});

export type DiskFullParams = z.output<typeof diskFullSchema>;
