import { z } from 'zod';
import { percentageSchema, sizeSchema } from '../base/unit-schemas.js';
import { formatSize } from '../base/units.js';
import type { FaultKind } from '../contracts/fault.js';
import { storeDamage } from './store-damage.js';
import { storeDamageShape } from './store-damage-schema.js';

const LOSE = 'expected a size such as 1KiB, or a percentage above 0% and up to 100%';

export const fileTruncateSchema = z.strictObject({
  ...storeDamageShape,
  lose: z
    .union(
      [
        sizeSchema.refine((bytes) => bytes > 0, { error: LOSE }).transform((bytes) => ({ bytes })),
        percentageSchema
          .refine((ratio) => ratio > 0 && ratio <= 1, { error: LOSE })
          .transform((ratio) => ({ ratio })),
      ],
      { error: LOSE },
    )
    .prefault('50%')
    .describe('How much of the end of each file is cut off; half of it unless told'),
});

/** Cuts the ends off files of a node's store, as a crash can that the disk did not survive whole. */
export const fileTruncate = {
  kind: 'file-truncate',
  summary: "cuts the ends off files of a node's store",
  needs: ['process-control', 'stores'],
  claims: ['process', 'store'],
  drawsBySeed: true,
  schema: fileTruncateSchema,
  create(params) {
    const { lose, ...which } = params as z.output<typeof fileTruncateSchema>;
    return storeDamage(which, ({ bytes }) => {
      const cut = 'bytes' in lose ? lose.bytes : Math.ceil(lose.ratio * bytes);
      const truncateTo = Math.max(0, bytes - cut);
      return { damage: { truncateTo }, said: `cut from ${formatSize(bytes)} to ${formatSize(truncateTo)}` };
    });
  },
} satisfies FaultKind & { readonly schema: typeof fileTruncateSchema };
