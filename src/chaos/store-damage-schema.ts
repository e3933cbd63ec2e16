import { z } from 'zod';
import { nameSchema } from '../base/unit-schemas.js';
import { STORE_FILE_CLASSES } from '../contracts/stores.js';

/** What every fault that damages files says of them, beside how it damages them. */
export const storeDamageShape = {
  stream: nameSchema
    .optional()
    .describe(
      'Whose files are damaged; drawn by the seed among the streams that every target has, unless told',
    ),
  file: z
    .enum(STORE_FILE_CLASSES, { error: `expected one of ${STORE_FILE_CLASSES.join(', ')}` })
    .default('blk')
    .describe(
      "What kind of files: blk messages, index the stream's state (index.db), meta its configuration (meta.inf, meta.sum), consumer the states of its consumers (o.dat), raft the log, term, peers and snapshots of its Raft group, snapshot these snapshots alone, meta-snapshot those of the meta group, which say what streams there are",
    ),
  files: z
    .int({ error: 'expected a whole number of files' })
    .min(1, { error: 'at least one file' })
    .max(1000, { error: 'at most 1000 files' })
    .default(1)
    .describe('How many files on each node, drawn by the seed; all there are where there are fewer'),
  live: z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .describe('Damages the files while the server runs; otherwise it is killed first, and started on them'),
  repair: z
    .boolean({ error: 'expected true or false' })
    .default(true)
    .describe(
      "Undoes the damage when the fault is over; without, the node's server is started if it is down, and that is all",
    ),
  majority: z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .describe(
      "Allows for damage to more than a minority of the stream's replicas: acknowledged messages may be lost",
    ),
};

const storeDamageSchema = z.strictObject(storeDamageShape);
export type StoreDamageParams = z.output<typeof storeDamageSchema>;
