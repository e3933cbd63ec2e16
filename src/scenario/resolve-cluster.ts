import type { Capability } from '../contracts/cluster.js';
import type { ClusterPlan } from '../contracts/plan/cluster.js';
import { type KindSchemas, ownParameters, parseKind } from './kinds.js';
import type { ScenarioPlugins } from './plugins.js';
import type { Findings } from './problem.js';

/** The cluster as planned, and what the rest of the scenario must know of it. */
export interface ResolvedCluster {
  readonly plan: ClusterPlan;
  readonly capabilities: readonly Capability[];
  /** Absent when the driver cannot know. */
  readonly jetstream?: { readonly on: boolean; readonly storage?: 'file' | 'memory' };
}

export function resolveCluster(
  value: unknown,
  schemas: KindSchemas,
  plugins: ScenarioPlugins,
  findings: Findings,
): ResolvedCluster | undefined {
  if (value === undefined) return undefined;
  const parsed = parseKind(value, ['cluster'], 'driver', schemas.drivers, findings);
  if (parsed === undefined) return undefined;
  const driver = parsed.driver as string;
  const plugin = plugins.drivers[driver] as ScenarioPlugins['drivers'][string];
  const params = ownParameters(parsed, ['driver']);
  return {
    plan: { driver, params, nodeNames: plugin.nodeNames?.(params) ?? [] },
    capabilities: [...plugin.capabilities, ...(plugin.capabilitiesWith?.(params) ?? [])],
    jetstream: plugin.jetstream?.(params),
  };
}
