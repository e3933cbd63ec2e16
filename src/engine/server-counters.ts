import type { NodeCounters } from '../contracts/control.js';
import type { ServerCounters } from '../contracts/run-result.js';

/** What the servers' own counters say of the time between two looks. */
export function countersBetween(
  before: ReadonlyMap<string, NodeCounters>,
  after: ReadonlyMap<string, NodeCounters>,
): ServerCounters {
  if (after.size === 0) return { restarted: [] };
  const restarted: string[] = [];
  let inMsgs = 0;
  let inBytes = 0;
  let slowConsumers = 0;
  for (const [node, now] of after) {
    const then = before.get(node);
    const same = then !== undefined && then.startedAt === now.startedAt;
    if (!same) restarted.push(node);
    inMsgs += now.inMsgs - (same ? then.inMsgs : 0);
    inBytes += now.inBytes - (same ? then.inBytes : 0);
    slowConsumers += now.slowConsumers - (same ? then.slowConsumers : 0);
  }
  for (const node of before.keys()) if (!after.has(node)) restarted.push(node);
  return { inMsgs, inBytes, slowConsumers, restarted };
}

/** The versions that ran, as an environment says it; nothing when no server answered. */
export function serverVersions(counters: ReadonlyMap<string, NodeCounters>): {
  readonly natsServer?: string;
} {
  const versions = [...new Set([...counters.values()].map(({ version }) => version))].sort();
  return versions.length === 0 ? {} : { natsServer: versions.join(', ') };
}
