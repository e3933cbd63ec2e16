import { z } from 'zod';
import { durationSchema } from '../base/unit-schemas.js';

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
  headers: z
    .record(
      z
        .string()
        .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, {
          error: 'expected the name of a header, such as X-Origin',
          abort: true,
        })
        .regex(/^(?!nats-)/i, {
          error: 'expected a header of your own: those that begin with Nats- are orders to the server',
        }),
      z.string().regex(/^[^\r\n]*$/, { error: 'expected a text of one line' }),
    )
    .prefault({})
    .describe('Headers of every message; those that begin with Nats- are orders to the server, and refused'),
});

export type PacedParams = z.output<typeof pacedSchema>;
