import { z } from 'zod';
import type { Random } from '../base/random.js';
import { percentageSchema } from '../base/unit-schemas.js';
import type { FaultKind } from '../contracts/fault.js';
import { storeDamage } from './store-damage.js';
import { storeDamageShape } from './store-damage-schema.js';

/** More do not damage a file more, and each is a write. */
const MOST_BITS = 10_000;
const BITS_UNLESS_TOLD = 8;
const BITS = `expected a whole number of bits, 1 to ${MOST_BITS}`;

export const fileBitflipSchema = z
  .strictObject({
    ...storeDamageShape,
    bits: z
      .int({ error: BITS })
      .min(1, { error: BITS })
      .max(MOST_BITS, { error: BITS })
      .optional()
      .describe(
        `How many bits of each file are turned over, drawn by the seed; ${BITS_UNLESS_TOLD} unless told`,
      ),
    probability: percentageSchema
      .refine((ratio) => ratio > 0 && ratio <= 1, { error: 'expected a percentage above 0%, up to 100%' })
      .optional()
      .describe(
        `Instead of their number: how many of a file's bits are turned over, as a share of them, ${MOST_BITS} at most`,
      ),
  })
  .refine(({ bits, probability }) => bits === undefined || probability === undefined, {
    path: ['probability'],
    error: 'give bits or probability, not both',
  });

/** Turns over single bits in files of a node's store, as disks and memory do without a word. */
export const fileBitflip = {
  kind: 'file-bitflip',
  summary: "turns over bits in files of a node's store",
  needs: ['process-control', 'stores'],
  claims: ['process', 'store'],
  drawsBySeed: true,
  schema: fileBitflipSchema,
  create(params) {
    const { bits, probability, ...which } = params as z.output<typeof fileBitflipSchema>;
    return storeDamage(which, ({ bytes }, random) => {
      const wanted =
        probability === undefined ? (bits ?? BITS_UNLESS_TOLD) : Math.ceil(probability * bytes * 8);
      const flipBits = drawBits(bytes * 8, Math.min(wanted, bytes * 8, MOST_BITS), random);
      return { damage: { flipBits }, said: `${flipBits.length} of ${bytes * 8} bits turned over` };
    });
  },
} satisfies FaultKind & { readonly schema: typeof fileBitflipSchema };

/** Different ones: a bit that is turned over twice is as it was. */
function drawBits(among: number, count: number, random: Random): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.below(among));
  return [...drawn].sort((a, b) => a - b);
}
