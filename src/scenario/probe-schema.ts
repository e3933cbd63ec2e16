import { z } from 'zod';

const NAME = 'expected a name of up to 80 characters';

/** The keys of every probe, whatever its kind. */
export const probeShape = {
  name: z
    .string({ error: NAME })
    .min(1, { error: NAME })
    .max(80, { error: NAME })
    .optional()
    .describe('How the report calls it. Default: its kind.'),
  throughout: z
    .boolean()
    .default(false)
    .describe('It must hold while faults do, too; unless told, before them and after.'),
};
