import { z } from 'zod';
import { waitFor } from '../base/wait.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { evidenceOf, lookAtProcess, lookForUp } from './held-looks.js';
import { lookAtClientPort } from './node-looks.js';
import { runningInstance } from './running-instance.js';
import { lookForNewStart, readServerStart, type ServerStart } from './server-start.js';
import { endsProcesses } from './taken-down.js';

const schema = z.strictObject({
  signal: z
    .enum(['SIGTERM', 'SIGKILL'], { error: 'expected SIGTERM or SIGKILL' })
    .default('SIGTERM')
    .describe(
      'How the server ends: SIGTERM in order, as in a deployment; SIGKILL at once, as in a crash of its process',
    ),
});

/** A server with a large store reads it before it answers. */
const BACK_WITHIN_MS = 60_000;

/** Ends the targets' servers, and starts them again at once on their old stores: over when they answer again. */
export const nodeRestart = {
  kind: 'node-restart',
  summary: 'ends a server process, and starts it again at once on its old store',
  needs: ['process-control'],
  needsWith: ({ signal }) => (signal === 'SIGTERM' ? ['process-signals'] : []),
  claims: ['process'],
  schema,
  durationKey: null,
  create: (params) => restarting(schema.parse(params)),
} satisfies FaultKind & { readonly schema: typeof schema; readonly durationKey: null };

interface Before {
  readonly instance: string;
  readonly start: ServerStart | undefined;
}

function restarting({ signal }: z.output<typeof schema>): Fault {
  const before = new Map<string, Before>();

  return {
    ...endsProcesses,

    async inject({ cluster, targets, signal: until }) {
      await Promise.all(
        targets.map(async (node) => {
          const instance = await runningInstance(cluster, node.name);
          const start = await readServerStart(node, until);
          await cluster.signal(node.name, signal);
          before.set(node.name, { instance, start });
          await cluster.startNode(node.name);
          await waitFor(async () => (await lookAtClientPort(node)).state === 'speaks', {
            timeoutMs: BACK_WITHIN_MS,
            signal: until,
          });
        }),
      );
    },

    async observe({ cluster, targets }, stage) {
      const looks = targets.map(async (node) => {
        const was = before.get(node.name);
        if (stage === 'before') return lookForUp(cluster, node);
        if (stage === 'after') return lookForUp(cluster, node, was?.instance);
        const fresh = await lookAtProcess(
          cluster,
          node.name,
          ({ state, instance }) => was !== undefined && state === 'running' && instance !== was.instance,
        );
        return [fresh, ...(await lookForNewStart(node, was?.start))];
      });
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}
