import { z } from 'zod';
import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import { evidenceOf, type HeldLook, lookAtProcess, lookForUp } from './held-looks.js';
import { lookAtClientPort, lookAtHealth } from './node-looks.js';
import { runningInstance } from './running-instance.js';
import { allTargetsDown } from './taken-down.js';

const schema = z.strictObject({});

/**
 * Stops the targets' processes where they stand and lets them go on after `for`: a machine that hangs, a long pause of
 * a virtual machine. The system goes on accepting connections for them; nobody answers.
 */
export const nodePause = {
  kind: 'node-pause',
  summary: 'stops a server process where it stands (SIGSTOP), and lets it go on after `for`',
  needs: ['process-control'],
  claims: ['process'],
  schema,
  create: () => pausing(),
} satisfies FaultKind & { readonly schema: typeof schema };

function pausing(): Fault {
  return {
    impact: allTargetsDown,

    async prepare({ cluster, targets }) {
      for (const { name } of targets) await runningInstance(cluster, name);
      // Undone in reverse: it goes on, and is started where it died meanwhile.
      return targets.flatMap(({ name }) => [cluster.startRecord(name), cluster.continueRecord(name)]);
    },

    async inject({ cluster, targets }) {
      await Promise.all(targets.map(({ name }) => cluster.signal(name, 'SIGSTOP')));
    },

    async observe(context, stage) {
      const { cluster, targets } = context;
      const looks = targets.map((node) =>
        stage === 'during' ? lookForStill(context, node) : lookForUp(cluster, node),
      );
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

/** It is there and stopped, and neither its client port nor its monitoring endpoint says a word. */
async function lookForStill({ cluster }: FaultContext, node: ClusterNode): Promise<HeldLook[]> {
  const [process, port, health] = await Promise.all([
    lookAtProcess(cluster, node.name, ({ state }) => state === 'paused'),
    lookAtClientPort(node),
    lookAtHealth(node),
  ]);
  const looks = [process, { ...port, holds: port.state === 'unclear' }];
  if (health) looks.push({ ...health, holds: health.state === 'unreachable' });
  return looks;
}
