import type { LoadScene } from '../contracts/load.js';
import type { StreamPlan } from '../contracts/plan.js';
import type { ScenarioPlugins } from './plugins.js';
import type { Findings } from './problem.js';
import type { ResolvedLoad } from './resolve-loads.js';

/** Lets each kind of load judge its loads in their scenario; returns the streams that they need besides. */
export function furnishLoads(
  loads: readonly ResolvedLoad[],
  plugins: ScenarioPlugins,
  scene: LoadScene,
  findings: Findings,
): readonly StreamPlan[] {
  const byName = new Map<string, StreamPlan>();
  for (const { index, plan } of loads) {
    const plugin = plugins.loads[plan.kind];
    for (const { key, message, hint } of plugin?.findProblems?.(plan, scene) ?? []) {
      const path = ['load', index];
      if (key === undefined) findings.add(path, message, hint);
      else findings.add([...path, key], message, hint);
    }
    // Several loads may work on one bucket: whoever names it first says how it is made.
    for (const stream of plugin?.streams?.(plan, scene) ?? []) {
      const isThere = byName.has(stream.name) || scene.streams.some(({ name }) => name === stream.name);
      if (!isThere) byName.set(stream.name, stream);
    }
  }
  return [...byName.values()];
}
