import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import type { ProbeKind } from '../contracts/probe.js';
import { readHealthz } from '../nats/endpoints.js';

const healthSchema = z.strictObject({
  nodes: z
    .array(z.string().min(1), { error: 'expected a list of nodes, such as [n1, n2]' })
    .min(1, { error: 'expected at least one node' })
    .optional()
    .describe('Which nodes; all unless given'),
});

/** Every node says of itself that it is healthy: `/healthz`. */
export const health = {
  kind: 'health',
  summary: 'each node’s own /healthz says ok',
  schema: healthSchema,
  create(params) {
    const { nodes: wanted } = healthSchema.parse(params);
    return {
      async look({ cluster, timeoutMs }) {
        const nodes = wanted?.map((name) => cluster.node(name)) ?? cluster.nodes;
        const said = await Promise.all(
          nodes.map(async ({ name, monitorUrl }) => {
            if (monitorUrl === undefined) return `${name} has no monitoring endpoint`;
            try {
              const { status, error } = await readHealthz(monitorUrl, timeoutMs);
              return status === 'ok' ? undefined : `${name}: ${error ?? status}`;
            } catch (thrown) {
              return `${name}: ${messageOf(thrown)}`;
            }
          }),
        );
        const unwell = said.filter((text) => text !== undefined);
        return unwell.length === 0
          ? { holds: true, saw: `${nodes.length} say ok` }
          : { holds: false, saw: unwell.join('; ') };
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };
