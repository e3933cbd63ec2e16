import { z } from 'zod';
import { lastingSchema, offsetSchema } from './quantities.js';

export const TARGET_FORMS = 'one, leader, stream-leader(NAME) or the name of a node';

/** The keys that every kind of fault has, beside the one that says how long it holds. */
export const faultShape = {
  at: offsetSchema.describe('When it begins, after the start of the load.'),
  target: z
    .string({ error: `expected ${TARGET_FORMS}` })
    .describe(
      `Whom it hits: ${TARGET_FORMS}. \`one\` is drawn by the seed; the leaders are looked up when it begins.`,
    ),
};

export const faultDurationSchema = lastingSchema.describe('How long it holds until it is healed.');

const commonSchema = z.strictObject({ ...faultShape, kind: z.string() });
export type FaultInput = z.output<typeof commonSchema>;
