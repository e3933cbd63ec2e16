import { z } from 'zod';
import { durationSchema } from '../base/unit-schemas.js';
import { storeDamageShape } from './store-damage-schema.js';

const { stream, repair, majority } = storeDamageShape;

export const snapshotRestoreSchema = z.strictObject({
  stream: stream.describe(
    'Which stream is put back; drawn by the seed among those that every target has, unless told',
  ),
  age: durationSchema
    .refine((ns) => ns >= 0.1e9 && ns <= 600e9, { error: 'expected 100ms to 10m' })
    .prefault('5s')
    .describe(
      'How old the copy is: it is taken when the fault begins, and put back so much later. Shorter than `for`',
    ),
  repair,
  majority,
});

export type SnapshotRestoreParams = z.output<typeof snapshotRestoreSchema>;
