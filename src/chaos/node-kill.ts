import { StormglassError } from '../base/errors.js';
import type { Cluster } from '../contracts/cluster.js';
import type { Evidence, Fault, FaultContext, FaultKind, FaultStage } from '../contracts/fault.js';
import { type NodeKillParams, nodeKillSchema } from './node-kill-schema.js';
import { lookAtClientPort, lookAtHealth } from './node-looks.js';

type Look = Evidence['looks'][number] & { readonly holds: boolean };

/**
 * Ends the targets' server processes, and starts them again on their old stores after `restart-after`. A SIGKILL
 * keeps what the operating system has cached, so it shows a crash of the process, not a loss of power.
 */
export const nodeKill = {
  kind: 'node-kill',
  summary: 'ends a server process, and starts it again on its old store after `restart-after`',
  needs: ['process-control'],
  claims: ['process'],
  schema: nodeKillSchema,
  durationKey: 'restart-after',
  create: (params) => killing(nodeKillSchema.parse(params)),
} satisfies FaultKind & { readonly schema: typeof nodeKillSchema; readonly durationKey: string };

function killing({ signal }: NodeKillParams): Fault {
  /** Which start of each target was killed. */
  const killed = new Map<string, string>();

  const lookAtProcess = async (cluster: Cluster, name: string, stage: FaultStage): Promise<Look> => {
    const { state, instance, saw } = await cluster.lookAtProcess(name);
    const at = `${name} process`;
    if (stage === 'before') return { at, saw, holds: state === 'running' };
    const was = killed.get(name);
    if (stage === 'during') return { at, saw, holds: was !== undefined && state === 'down' };
    const fresh = state === 'running' && instance !== was;
    return { at, saw: state === 'running' && !fresh ? `${saw}, as before the fault` : saw, holds: fresh };
  };

  const lookAtNode = async ({ cluster }: FaultContext, name: string, stage: FaultStage) => {
    const node = cluster.node(name);
    const [process, port, health] = await Promise.all([
      lookAtProcess(cluster, name, stage),
      lookAtClientPort(node),
      lookAtHealth(node),
    ]);
    const isDown = stage === 'during';
    const looks: Look[] = [process, { ...port, holds: port.state === (isDown ? 'refused' : 'speaks') }];
    if (health) looks.push({ ...health, holds: health.state === (isDown ? 'unreachable' : 'ok') });
    return looks;
  };

  return {
    impact: ({ targets }) => ({ down: targets.map(({ name }) => name), cuts: [] }),

    async prepare({ cluster, targets }) {
      for (const { name } of targets) await runningInstance(cluster, name);
      return targets.map(({ name }) => cluster.startRecord(name));
    },

    async inject({ cluster, targets }) {
      await Promise.all(
        targets.map(async ({ name }) => {
          const instance = await runningInstance(cluster, name);
          await cluster.signal(name, signal);
          killed.set(name, instance);
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
async function runningInstance(cluster: Cluster, name: string): Promise<string> {
  const { instance } = await cluster.lookAtProcess(name);
  if (instance === undefined) throw new StormglassError('expectation', `node ${name} is down already`);
  return instance;
}
