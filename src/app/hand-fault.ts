import { PreflightError, UsageError } from '../base/errors.js';
import type { Capability, Cluster } from '../contracts/cluster.js';
import type { HandFault } from '../contracts/hand.js';
import { CLIENTS } from '../contracts/links.js';
import type { Machine } from '../contracts/machine.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { Plan } from '../contracts/plan.js';
import { resolveHandFault } from '../scenario/faults/hand-fault.js';
import { dataFilesOf } from './data-files.js';
import { FAULT_KINDS, needsOfFault, SCENARIO_PLUGINS } from './plugins.js';

export interface HandScene {
  readonly plan: Plan;
  readonly scenarioFile: string;
  readonly cluster: Cluster;
  readonly machine: Machine;
  /** Makes a version of nats-server ready to be started. */
  provideServer(version: string): Promise<void>;
}

const LINKS: readonly Capability[] = ['route-links', 'route-shaping', 'node-isolation', 'client-links'];

/**
 * A fault by hand on a cluster that runs. @throws UsageError for what is wrong with it or cannot be done on this
 * cluster; PreflightError for what this machine cannot do
 */
export async function readHandFault(fault: HandFault, id: string, scene: HandScene): Promise<FaultPlan> {
  const { plan, cluster } = scene;
  const driver = SCENARIO_PLUGINS.drivers[plan.cluster.driver];
  const jetstream = driver?.jetstream?.(plan.cluster.params);
  const planned = resolveHandFault(fault, id, {
    plugins: SCENARIO_PLUGINS,
    files: dataFilesOf(scene.scenarioFile),
    cluster: {
      plan: { ...plan.cluster, nodeNames: cluster.nodes.map(({ name }) => name) },
      capabilities: [...cluster.capabilities],
      ...(jetstream && { jetstream }),
    },
    streams: plan.streams,
    streamNames: plan.streams.map(({ name }) => name),
    seed: plan.seed,
  });
  requireLinks(planned, cluster);
  await requireVolumes(planned, cluster);
  const kind = FAULT_KINDS.find((each) => each.kind === planned.kind);
  const lack = await kind?.findLack?.(planned.params, scene.machine);
  if (lack) throw new PreflightError(`${planned.kind} by hand: ${lack.what}`, { hint: lack.hint });
  for (const version of kind?.serverVersions?.(planned.params) ?? []) await scene.provideServer(version);
  return planned;
}

/** A driver may lay links, and yet have laid none: the scenario did not ask for them. */
function requireLinks({ kind, params }: FaultPlan, { links }: Cluster): void {
  const { directions = [] } = links ?? {};
  const areRoutes = directions.some(({ from, to }) => from !== CLIENTS && to !== CLIENTS);
  const laid: Partial<Record<Capability, boolean>> = {
    'route-links': areRoutes,
    'route-shaping': areRoutes,
    'node-isolation': areRoutes,
    'client-links': directions.some(({ from }) => from === CLIENTS),
  };
  const lacking = needsOfFault(kind, params).filter((need) => LINKS.includes(need) && !laid[need]);
  if (lacking.length === 0) return;
  const between = lacking.includes('client-links') ? 'clients and nodes' : 'the nodes';
  throw new UsageError(
    `${kind} by hand: nothing that could be cut stands between ${between} of this cluster`,
    {
      hint: 'start the run with `cluster: { links: true }`, or with --set cluster.links=true',
    },
  );
}

/** A driver may put stores on volumes, and yet have put none there: the scenario did not ask for them. */
async function requireVolumes({ kind, params }: FaultPlan, { nodes, stores }: Cluster): Promise<void> {
  const needs = needsOfFault(kind, params);
  const asksForDevice = needs.includes('block-volumes');
  if (stores === undefined || !(asksForDevice || needs.includes('store-volumes'))) return;
  const volumes = await Promise.all(nodes.map(({ name }) => stores.lookAtVolume(name)));
  if (volumes.some((volume) => volume?.kind === 'loop' || (volume && !asksForDevice))) return;
  throw new UsageError(
    `${kind} by hand: no store of this cluster is on ${asksForDevice ? 'a device' : 'a volume'} of its own`,
    {
      hint: asksForDevice
        ? `stores are put there when the scenario has a ${kind} of its own`
        : 'start the run with `cluster: { volumes: { size: 256MiB } }`, or with --set cluster.volumes.size=256MiB',
    },
  );
}
