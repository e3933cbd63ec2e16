import { StormglassError } from '../base/errors.js';
import type { Cluster, ProcessIdentity } from '../contracts/cluster.js';
import type { Evidence, Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import { type NodeKillParams, nodeKillSchema } from './node-kill-schema.js';
import { lookAtClientPort, lookAtHealth } from './node-looks.js';

/** Looks at the system's own list of processes, which the cluster's driver has no part in. */
export interface NodeKillSight {
  isAlive(identity: ProcessIdentity): boolean;
}

type Look = Evidence['looks'][number] & { readonly holds: boolean };

/**
 * Ends the targets' server processes, and starts them again on their old stores after `restart-after`. A SIGKILL
 * keeps what the operating system has cached, so it shows a crash of the process, not a loss of power.
 */
export const nodeKill = (sight: NodeKillSight) =>
  ({
    kind: 'node-kill',
    summary: 'ends a server process, and starts it again on its old store after `restart-after`',
    needs: ['process-control'],
    schema: nodeKillSchema,
    durationKey: 'restart-after',
    create: (params) => killing(nodeKillSchema.parse(params), sight),
  }) satisfies FaultKind & { readonly schema: typeof nodeKillSchema; readonly durationKey: string };

function killing({ signal }: NodeKillParams, sight: NodeKillSight): Fault {
  const killed = new Map<string, ProcessIdentity>();

  const lookAtEnd = (cluster: Cluster, name: string): Look => {
    const was = killed.get(name);
    const now = cluster.node(name).process;
    const at = `${name} process`;
    if (!was) return { at, saw: 'it was not killed', holds: false };
    if (sight.isAlive(was)) return { at, saw: `process ${was.pid} is still there`, holds: false };
    if (now && sight.isAlive(now)) return { at, saw: `runs again, as process ${now.pid}`, holds: false };
    return { at, saw: `process ${was.pid} has ended`, holds: true };
  };

  const lookAtReturn = (cluster: Cluster, name: string): Look => {
    const was = killed.get(name);
    const now = cluster.node(name).process;
    const runs = now !== undefined && sight.isAlive(now);
    const fresh = runs && (was === undefined || was.pid !== now.pid || was.startedAt !== now.startedAt);
    const saw = runs ? `process ${now.pid} runs${fresh ? '' : ', as before the fault'}` : 'no process runs';
    return { at: `${name} process`, saw, holds: fresh };
  };

  const lookAtNode = async ({ cluster }: FaultContext, name: string, stage: 'during' | 'after') => {
    const node = cluster.node(name);
    const [port, health] = await Promise.all([lookAtClientPort(node), lookAtHealth(node)]);
    const looks: Look[] = [
      stage === 'during' ? lookAtEnd(cluster, name) : lookAtReturn(cluster, name),
      { ...port, holds: port.state === (stage === 'during' ? 'refused' : 'speaks') },
    ];
    if (health)
      looks.push({ ...health, holds: health.state === (stage === 'during' ? 'unreachable' : 'ok') });
    return looks;
  };

  return {
    async prepare({ cluster, targets }) {
      for (const { name } of targets) runningProcess(cluster, name);
      return targets.map(({ name }) => cluster.startRecord(name));
    },

    async inject({ cluster, targets }) {
      await Promise.all(
        targets.map(async ({ name }) => {
          const was = runningProcess(cluster, name);
          await cluster.signal(name, signal);
          killed.set(name, was);
        }),
      );
    },

    async observe(context, stage) {
      const looks = (
        await Promise.all(context.targets.map(({ name }) => lookAtNode(context, name, stage)))
      ).flat();
      return {
        holds: looks.length > 0 && looks.every(({ holds }) => holds),
        looks: looks.map(({ at, saw }) => ({ at, saw })),
      };
    },
  };
}

/** Throws for a node that is down: to kill it again would hide the other fault, and to undo that would end it. */
function runningProcess(cluster: Cluster, name: string): ProcessIdentity {
  const running = cluster.node(name).process;
  if (!running) throw new StormglassError('expectation', `node ${name} is down already`);
  return running;
}
