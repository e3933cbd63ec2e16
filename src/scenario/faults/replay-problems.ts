import { formatDuration } from '../../base/units.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { Plan } from '../../contracts/plan.js';
import type { FaultPlugin, ScenarioPlugins } from '../plugins.js';
import { recoveryEndNs } from '../recovery-end.js';
import { LOAD_CLOCK, type PlannedFault } from './draft.js';
import { nodesOf } from './nemesis.js';
import { reportQuorumLoss } from './quorum-problems.js';
import { needsProblem, takenDownBy } from './read-fault.js';
import { reportContradictions, reportCrowds } from './schedule-problems.js';

/**
 * Why a plan does not go together with the faults that it is to have, for people; empty when it does. `isOwn`: it is that
 * of the run that made them, where a fault may have ended a moment late.
 */
export function replayProblems(
  plan: Plan,
  faults: readonly FaultPlan[],
  isOwn: boolean,
  plugins: ScenarioPlugins,
): readonly string[] {
  const problems: string[] = [];
  const say = (fault: FaultPlan, message: string) => problems.push(`${fault.id}: ${message}`);
  for (const fault of faults) {
    const problem = problemOf(fault, plan, plugins) ?? lateness(fault, plan, isOwn, plugins);
    if (problem !== undefined) say(fault, problem);
  }
  if (problems.length > 0) return problems;
  const inPlan = faults.map((fault, entry) => comparable(fault, entry, plugins));
  const report = ({ fault, message }: { readonly fault: PlannedFault; readonly message: string }) =>
    problems.push(`${fault.path[0]}: ${message}`);
  reportContradictions(inPlan, report);
  reportCrowds(inPlan, plan.guards.atMost, report);
  const driver = plugins.drivers[plan.cluster.driver];
  if (!plan.guards.allowsQuorumLoss && driver?.jetstream?.(plan.cluster.params)?.on !== false) {
    reportQuorumLoss(inPlan, { nodes: plan.cluster.nodeNames, streams: plan.streams }, report);
  }
  return problems;
}

function problemOf(fault: FaultPlan, plan: Plan, plugins: ScenarioPlugins): string | undefined {
  const { kind, target, forNs, params } = fault;
  const { cluster, streams, guards } = plan;
  const plugin = plugins.faults[kind];
  if (plugin === undefined) return `there is no kind of fault \`${kind}\``;
  const driver = plugins.drivers[cluster.driver];
  const capabilities = [
    ...(driver?.capabilities ?? []),
    ...(driver?.capabilitiesWith?.(cluster.params) ?? []),
  ];
  const needs = [...plugin.needs, ...(plugin.needsWith?.(params) ?? [])];
  const lack = needsProblem(kind, needs, plugins, { cluster: { plan: cluster, capabilities } });
  if (lack !== undefined) return lack.message;
  const { nodeNames } = cluster;
  const strange = nodesOf(target)?.find((node) => nodeNames.length > 0 && !nodeNames.includes(node));
  if (strange !== undefined) return `there is no node \`${strange}\`: the nodes are ${nodeNames.join(', ')}`;
  if ('stream' in target && !streams.some(({ name }) => name === target.stream)) {
    return `there is no stream \`${target.stream}\``;
  }
  if (guards.longestNs !== undefined && forNs > guards.longestNs) {
    return `it holds for ${formatDuration(forNs)}, and guards.longest is ${formatDuration(guards.longestNs)}`;
  }
  return undefined;
}

function lateness(
  { atNs, forNs }: FaultPlan,
  { loads }: Plan,
  isOwn: boolean,
  plugins: ScenarioPlugins,
): string | undefined {
  const known = loads.flatMap((load) => {
    const facts = plugins.loads[load.kind]?.facts;
    return facts === undefined ? [] : [{ plan: load, facts }];
  });
  const endNs = recoveryEndNs(known);
  if (endNs === undefined) return undefined;
  const end = formatDuration(endNs);
  if (atNs >= endNs) return `it begins at ${formatDuration(atNs)}, but the load ends at ${end}`;
  if (isOwn || atNs + forNs < endNs) return undefined;
  return `it ends at ${formatDuration(atNs + forNs)}, but the load ends at ${end}: its recovery cannot be seen`;
}

function comparable(fault: FaultPlan, entry: number, plugins: ScenarioPlugins): PlannedFault {
  const { id, kind, target, atNs, forNs, params, allowsQuorumLoss = false } = fault;
  const plugin = plugins.faults[kind] as FaultPlugin;
  const takesDown = takenDownBy(plugin, params);
  const { claims } = plugin;
  return {
    path: [id],
    kind,
    target,
    atNs,
    forNs,
    allowsQuorumLoss,
    claims,
    takesDown,
    clock: LOAD_CLOCK,
    entry,
  };
}
