import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultStage } from '../contracts/fault.js';
import { type ClientsSeen, seeClients } from './client-looks.js';
import { lookAtClientPort } from './node-looks.js';
import type { PressureTask } from './pressure/pressure-task.js';
import { connectionNameOf, PressureHelper, requirePages } from './pressure-helper.js';
import { evidenceOf, type Look } from './pressure-look.js';

/** What is particular to a pressure by clients of ours. */
export interface ClientPressure {
  task(context: FaultContext): PressureTask;
  /** Throws when it would go beyond what this machine has; changes nothing. */
  check?(context: FaultContext): void;
  /** How it shows while it holds, by what a target says of our connections. */
  judge(seen: ClientsSeen, node: ClusterNode, context: FaultContext): Promise<Omit<Look, 'at'>>;
}

/**
 * A fault that presses on its targets as clients do. Before and after it, the targets list no connection of it and greet
 * others; while it holds, they say of its connections what it is about.
 */
export function clientPressure({ task, check, judge }: ClientPressure): Fault {
  const helper = new PressureHelper();

  const lookAtClients = async (
    context: FaultContext,
    node: ClusterNode,
    stage: FaultStage,
  ): Promise<Look[]> => {
    const at = `${node.name} /connz`;
    if (stage === 'before' && node.monitorUrl === undefined) return [];
    const seen = await seeClients(node, connectionNameOf(context));
    if (typeof seen === 'string') return [{ at, saw: seen, holds: false }];
    if (stage === 'during') return [{ at, ...(await judge(seen, node, context)) }];
    const was = stage === 'after' ? `, ${seen.closed.length} of them closed` : '';
    const saw = `${seen.open.length} connections of the fault${was}`;
    const port = await lookAtClientPort(node);
    return [
      { at, saw, holds: seen.open.length === 0 },
      { at: port.at, saw: port.saw, holds: port.state === 'speaks' },
    ];
  };

  return {
    async prepare(context) {
      requirePages(context);
      check?.(context);
      return [helper.record(context)];
    },
    inject: (context) => helper.start(context, task(context)),
    async observe(context, stage) {
      const looks = await Promise.all([
        helper.look(context, stage).then((look) => [look]),
        ...context.targets.map((node) => lookAtClients(context, node, stage)),
      ]);
      return evidenceOf(looks.flat());
    },
  };
}
