import type { ProcessClusterParams } from '../clusters/process-cluster-schema.js';
import type { Plan } from '../contracts/plan.js';
import type { VolumeKind } from '../contracts/stores.js';
import { needsOfFault } from './plugins.js';

/** What kind of volume of their own the nodes' stores need for the plan's faults; `undefined` for none. */
export function volumesOf({ faults }: Pick<Plan, 'faults'>): VolumeKind | undefined {
  const needs = new Set(faults.flatMap(({ kind, params }) => needsOfFault(kind, params)));
  if (needs.has('block-volumes')) return 'loop';
  return needs.has('store-volumes') ? 'tmpfs' : undefined;
}

/** Whether anything of our own will be mounted: for the plan's faults, or because its cluster asks for it. */
export function hasVolumes(plan: Plan): boolean {
  if (plan.cluster.driver !== 'process') return false;
  const { volumes } = plan.cluster.params as unknown as ProcessClusterParams;
  return volumes !== undefined || volumesOf(plan) !== undefined;
}
