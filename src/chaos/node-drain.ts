import { z } from 'zod';
import { NS } from '../base/clock.js';
import { waitFor } from '../base/wait.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import { listenForLameDuck } from '../nats/lame-duck-ear.js';
import { evidenceOf, type HeldLook, lookForDown, lookForUp } from './held-looks.js';
import { lookForOtherLeader } from './membership-looks.js';
import { runningInstance } from './running-instance.js';
import { endsProcesses } from './taken-down.js';

const schema = z.strictObject({});

/** What has come in is read at once, where the machine lets us read at all. */
const UNREAD_MS = 1_000;

/**
 * Puts the targets' servers into lame duck mode: they take no new clients, hand on what they lead, tell their clients,
 * cut them off one after the other, and end. They are started again after `restart-after`.
 */
export const nodeDrain = {
  kind: 'node-drain',
  summary: 'puts a server into lame duck mode, which ends it, and starts it again after `restart-after`',
  needs: ['process-control', 'process-signals'],
  claims: ['process'],
  schema,
  durationKey: 'restart-after',
  create: () => draining(),
} satisfies FaultKind & { readonly schema: typeof schema; readonly durationKey: string };

function draining(): Fault {
  /** By target: the start that was drained, and whether a client of ours was told. */
  const drained = new Map<string, { readonly instance: string; wasTold: boolean }>();

  const drain = async (context: FaultContext, node: ClusterNode): Promise<void> => {
    const { cluster, forNs, signal } = context;
    const { name, host, clientPort: port } = node;
    const instance = await runningInstance(cluster, name);
    await using ear = await listenForLameDuck({ ...cluster.observerAccess, servers: [{ host, port }] });
    const seen = { instance, wasTold: false };
    drained.set(name, seen);
    await cluster.signal(name, 'SIGUSR2');
    // What it needs for that depends on how many clients it has; it is not waited for longer than the fault holds.
    const isDown = async () => (await cluster.lookAtProcess(name)).state === 'down';
    await waitFor(isDown, { timeoutMs: forNs / NS.ms, signal });
    // On a busy machine, what it told us may not have been read yet.
    const isHeard = () => ear.wasTold;
    seen.wasTold = (await waitFor(isHeard, { timeoutMs: UNREAD_MS, everyMs: 10, signal })) === true;
  };

  const lookForDrained = async (context: FaultContext, node: ClusterNode): Promise<HeldLook[]> => {
    const wasTold = drained.get(node.name)?.wasTold === true;
    return [
      {
        at: `${node.name} a client of ours`,
        saw: wasTold ? 'was told of lame duck mode' : 'was told nothing',
        holds: wasTold,
      },
      ...(await lookForDown(context.cluster, node)),
      ...(await lookForOtherLeader(context.cluster, node)),
    ];
  };

  return {
    ...endsProcesses,

    async inject(context) {
      await Promise.all(context.targets.map((node) => drain(context, node)));
    },

    async observe(context, stage) {
      const { cluster, targets } = context;
      const looks = targets.map((node) => {
        if (stage === 'during') return lookForDrained(context, node);
        return lookForUp(cluster, node, stage === 'after' ? drained.get(node.name)?.instance : undefined);
      });
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}
