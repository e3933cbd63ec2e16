import { z } from 'zod';
import { StormglassError } from '../base/errors.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { evidenceOf, lookForDown, lookForUp } from './held-looks.js';
import { lookAtMembership } from './membership-looks.js';
import { runningInstance } from './running-instance.js';
import { allTargetsDown } from './taken-down.js';

const schema = z.strictObject({});

/**
 * The targets leave for good: their processes end, and the meta group no longer counts them. After `for`, another
 * server stands in the place of each, with a name of its own and an empty store, as the servers demand of it.
 */
export const nodeRemove = {
  kind: 'node-remove',
  summary: 'takes a node out of the cluster for good, and puts another in its place after `for`',
  needs: ['membership', 'process-control'],
  claims: ['process', 'store'],
  schema,
  create: () => removing(),
} satisfies FaultKind & { readonly schema: typeof schema };

function removing(): Fault {
  /** By target: which of its starts was ended. */
  const removed = new Map<string, string>();

  return {
    impact: allTargetsDown,

    async prepare({ cluster, targets }) {
      if (cluster.nodes.length === 1) {
        throw new StormglassError('expectation', 'a single server has no cluster that it could leave', {
          hint: 'ask for more nodes in `cluster`, or use node-kill',
        });
      }
      for (const { name } of targets) await runningInstance(cluster, name);
      return targets.map(({ name }) => cluster.startRecord(name));
    },

    async inject({ cluster, targets, signal }) {
      // The meta group changes by one member at a time.
      for (const { name } of targets) {
        signal.throwIfAborted();
        removed.set(name, await runningInstance(cluster, name));
        await cluster.membership?.remove(name);
      }
    },

    async observe({ cluster, targets }, stage) {
      const looks = targets.flatMap((node) => {
        if (stage === 'during') {
          return [lookForDown(cluster, node), lookAtMembership(cluster, node, false)];
        }
        const was = stage === 'after' ? removed.get(node.name) : undefined;
        return [lookForUp(cluster, node, was), lookAtMembership(cluster, node, true)];
      });
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}
