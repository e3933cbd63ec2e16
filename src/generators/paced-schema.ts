import { z } from 'zod';
import { durationSchema } from '../base/unit-schemas.js';
import { headersSchema } from './header-schema.js';

/** What every kind of load lets the user set, beside what is common to all loads. Durations are nanoseconds. */
export const pacedSchema = z.strictObject({
  backlog: durationSchema
    .prefault('30s')
    .describe(
      'How long an operation may wait for the socket, the window or a reconnection before it is unsent',
    ),
  'max-lateness': durationSchema
    .prefault('1s')
    .describe('How late this generator itself may be with an operation before it is dropped'),
  headers: headersSchema,
});

export type PacedParams = z.output<typeof pacedSchema>;
