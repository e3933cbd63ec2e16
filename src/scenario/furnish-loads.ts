import type { LoadScene } from '../contracts/load.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { isMap } from './kinds.js';
import type { ScenarioPlugins } from './plugins.js';
import type { Findings, Path } from './problem.js';
import type { ResolvedLoad } from './resolve-loads.js';

/**
 * Lets each kind of load judge its loads in their scenario; returns the streams that they need besides.
 *
 * @param written the list of loads as it stands in the scenario
 */
export function furnishLoads(
  loads: readonly ResolvedLoad[],
  written: unknown,
  plugins: ScenarioPlugins,
  scene: LoadScene,
  findings: Findings,
): readonly StreamPlan[] {
  const byName = new Map<string, { stream: StreamPlan; by: string }>();
  for (const { index, plan } of loads) {
    const plugin = plugins.loads[plan.kind];
    for (const { key, message, hint } of plugin?.findProblems?.(plan, scene) ?? []) {
      const path = ['load', index];
      if (key === undefined) findings.add(path, message, hint);
      else findings.add([...path, key], message, hint);
    }
    // Several loads may work on one bucket: whoever names it first says how it is made.
    for (const stream of plugin?.streams?.(plan, scene) ?? []) {
      const first = byName.get(stream.name);
      if (first !== undefined) {
        const own = (written as readonly unknown[])[index];
        refuseOtherShape(own, stream, first, ['load', index], findings);
      } else if (!scene.streams.some(({ name }) => name === stream.name)) {
        byName.set(stream.name, { stream, by: plan.name });
      }
    }
  }
  return [...byName.values()].map(({ stream }) => stream);
}

/** The fields of a stream, and the keys by which a load says them. */
const SHAPE = {
  num_replicas: 'replicas',
  storage: 'storage',
  max_msgs_per_subject: 'history-depth',
  max_age: 'max-age',
};

/** What a load says of a bucket that another one makes must be what that one says. */
function refuseOtherShape(
  written: unknown,
  { config }: StreamPlan,
  first: { readonly stream: StreamPlan; readonly by: string },
  path: Path,
  findings: Findings,
): void {
  for (const [field, key] of Object.entries(SHAPE)) {
    if (!isMap(written) || written[key] === undefined || config[field] === first.stream.config[field])
      continue;
    const message = `the load ${first.by} makes this bucket, with another \`${key}\``;
    findings.addAtKey([...path, key], message, 'Say the same in both, or only in the first.');
  }
}
