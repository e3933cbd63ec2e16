import { z } from 'zod';
import type { ProbeKind } from '../contracts/probe.js';

const leaderSchema = z
  .strictObject({
    stream: z.string().min(1).optional().describe('Of this stream; of the meta group unless given'),
    consumer: z.string().min(1).optional().describe('Of this consumer of the stream'),
  })
  .refine(({ stream, consumer }) => consumer === undefined || stream !== undefined, {
    path: ['consumer'],
    error: 'a consumer belongs to a stream: say which, with `stream`',
  });

/** Somebody leads: the meta group, a stream or a consumer. */
export const leader = {
  kind: 'leader',
  summary: 'the meta group, a stream or a consumer has a leader',
  schema: leaderSchema,
  create(params) {
    const { stream, consumer } = leaderSchema.parse(params);
    return {
      async look({ control }) {
        const name = await (stream === undefined
          ? control.metaLeader()
          : consumer === undefined
            ? control.streamLeader(stream)
            : control.consumerLeader(stream, consumer));
        return name === undefined
          ? { holds: false, saw: 'nobody leads' }
          : { holds: true, saw: `${name} leads` };
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };
