import { z } from 'zod';
import { countSchema } from '../base/unit-schemas.js';
import { formatInteger } from '../base/units.js';
import type { ProbeKind } from '../contracts/probe.js';

const lagSchema = z
  .strictObject({
    stream: z.string().min(1).optional().describe('Of the consumers of this stream; of all unless given'),
    consumer: z.string().min(1).optional().describe('Of this consumer of the stream'),
    below: countSchema.describe('How many messages there must be less than'),
  })
  .refine(({ stream, consumer }) => consumer === undefined || stream !== undefined, {
    path: ['consumer'],
    error: 'a consumer belongs to a stream: say which, with `stream`',
  });

/** Consumers keep up: fewer messages than so many were not given to them yet, or are not acknowledged. */
export const lag = {
  kind: 'lag',
  summary: 'consumers have fewer messages before them than `below`',
  schema: lagSchema,
  create(params) {
    const { stream, consumer, below } = lagSchema.parse(params);
    return {
      async look({ control }) {
        const messages = await control.backlog(stream, consumer);
        return { holds: messages < below, saw: `${formatInteger(messages)} messages before the consumers` };
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };
