import type { Fault, FaultKind } from '../contracts/fault.js';
import { evidenceOf, lookForDown, lookForUp } from './held-looks.js';
import { type NodeKillParams, nodeKillSchema } from './node-kill-schema.js';
import { runningInstance } from './running-instance.js';
import { endsProcesses } from './taken-down.js';

/**
 * Ends the targets' server processes, and starts them again on their old stores after `restart-after`. A SIGKILL
 * keeps what the operating system has cached, so it shows a crash of the process, not a loss of power.
 */
export const nodeKill = {
  kind: 'node-kill',
  summary: 'ends a server process, and starts it again on its old store after `restart-after`',
  needs: ['process-control'],
  needsWith: ({ signal }) => (signal === 'SIGTERM' ? ['process-signals'] : []),
  claims: ['process'],
  schema: nodeKillSchema,
  durationKey: 'restart-after',
  create: (params) => killing(nodeKillSchema.parse(params)),
} satisfies FaultKind & { readonly schema: typeof nodeKillSchema; readonly durationKey: string };

function killing({ signal }: NodeKillParams): Fault {
  /** Which start of each target was killed. */
  const killed = new Map<string, string>();

  return {
    ...endsProcesses,

    async inject({ cluster, targets }) {
      await Promise.all(
        targets.map(async ({ name }) => {
          const instance = await runningInstance(cluster, name);
          await cluster.signal(name, signal);
          killed.set(name, instance);
        }),
      );
    },

    async observe({ cluster, targets }, stage) {
      const looks = targets.map(async (node) => {
        if (stage === 'before') return lookForUp(cluster, node);
        if (stage === 'after') return lookForUp(cluster, node, killed.get(node.name));
        const down = await lookForDown(cluster, node);
        // One that was down all along was not brought down by us.
        return killed.has(node.name) ? down : down.map((look) => ({ ...look, holds: false }));
      });
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}
