import { jetstream } from '@nats-io/jetstream';
import { z } from 'zod';
import type { ProbeKind } from '../contracts/probe.js';
import { connectControl } from '../nats/connect.js';

const publishSchema = z.strictObject({
  subject: z
    .string()
    .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, { error: 'expected a subject without wildcards' })
    .describe('Where the message goes: to a stream of yours, or to nobody'),
  acknowledged: z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .describe('Whether a stream must acknowledge it; otherwise the server must have taken it'),
});

/** A message is taken, the way the load takes. It says `stormglass`, so that it is never counted as an event of the load. */
export const publish = {
  kind: 'publish',
  summary: 'a message to `subject` is taken by a server or, if asked for, acknowledged by a stream',
  schema: publishSchema,
  create(params) {
    const { subject, acknowledged } = publishSchema.parse(params);
    return {
      async look({ cluster, timeoutMs }) {
        const nc = await connectControl(cluster.access, { name: 'stormglass-probe', timeoutMs });
        try {
          const from = nc.info?.server_name ?? 'a server';
          if (!acknowledged) {
            nc.publish(subject, PAYLOAD);
            await nc.flush();
            return { holds: true, saw: `${from} took it` };
          }
          const { stream, seq } = await jetstream(nc, { checkAPI: false, timeout: timeoutMs }).publish(
            subject,
            PAYLOAD,
            { timeout: timeoutMs },
          );
          return { holds: true, saw: `${stream} acknowledged it as message ${seq}` };
        } finally {
          void nc.close().catch(() => {});
        }
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };

const PAYLOAD = 'stormglass';
