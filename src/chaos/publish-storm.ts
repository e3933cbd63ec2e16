import { formatInteger } from '../base/units.js';
import type { FaultKind } from '../contracts/fault.js';
import { clientPressure } from './client-pressure.js';
import { accessToTargets, connectionNameOf } from './pressure-helper.js';
import { type PublishStormParams, publishStormSchema } from './publish-storm-schema.js';

/** Publishes to its targets beside the load of the run. */
export const publishStorm = {
  kind: 'publish-storm',
  summary: 'messages of ours beside the load, at a rate or as fast as the servers take them',
  needs: ['load'],
  claims: [],
  schema: publishStormSchema,
  defaultTarget: 'all',
  create: (params) => {
    const { rate, size, messages, subject, connections } = params as unknown as PublishStormParams;
    return clientPressure({
      task: (context) => ({
        do: 'publish-flood',
        access: accessToTargets(context),
        connectionName: connectionNameOf(context),
        // Each target has one at least, or it would feel nothing.
        connections: Math.max(connections, context.targets.length),
        subjects: subject ?? [`stormglass.storm.${context.runId}.${context.id}`],
        payloadBytes: size,
        perSec: rate === 'max' ? Number.POSITIVE_INFINITY : rate,
        messages,
      }),
      judge: async ({ open, closed }) => {
        const taken = [...open, ...closed].reduce((sum, { in_msgs: count }) => sum + count, 0);
        return {
          saw: `has taken ${formatInteger(taken)} messages from ${open.length} connections of the fault`,
          holds: taken > 0,
        };
      },
    });
  },
} satisfies FaultKind & { readonly schema: typeof publishStormSchema; readonly defaultTarget: string };
