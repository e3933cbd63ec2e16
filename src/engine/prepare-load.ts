import type { Cluster } from '../contracts/cluster.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { Plan } from '../contracts/plan.js';
import type { UndoRecord } from '../contracts/undo.js';
import type { Scope } from './scope.js';
import type { RunServices } from './services.js';
import type { UndoDesk } from './undo-desk.js';

/** Makes what the workers of a load share; what takes it away again is on disk before it is made. */
export async function prepareLoad(
  load: LoadPlan,
  {
    plan,
    runId,
    services,
    cluster,
    scope,
    undo,
    signal,
  }: {
    readonly plan: Plan;
    readonly runId: string;
    readonly services: Pick<RunServices, 'prepareLoad'>;
    readonly cluster: Cluster;
    readonly scope: Scope;
    readonly undo: UndoDesk;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const records: UndoRecord[] = [];
  const release = await services.prepareLoad(load, {
    plan,
    runId,
    access: cluster.observerAccess,
    nodes: cluster.nodes,
    recordUndo: (record) => {
      undo.recordSurroundings([record]);
      records.push(record);
    },
    signal,
  });
  scope.add(`what ${load.name} made ready`, async () => {
    await release();
    undo.settle(records.map((record) => ({ record, undone: true, detail: 'removed' })));
  });
}
