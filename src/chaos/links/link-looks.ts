import { NS } from '../../base/clock.js';
import { formatDuration } from '../../base/units.js';
import type { Evidence, FaultContext } from '../../contracts/fault.js';
import type { Direction, LinkControl, LinkEffect } from '../../contracts/links.js';
import type { Canaries } from './canaries.js';
import { heldByAnother } from './held-effects.js';
import { nodesAt } from './link-choice.js';

/** What one look showed, and whether it is as its stage should be. */
export type LinkLook = Evidence['looks'][number] & { readonly holds: boolean };

/** What a fault does to links. */
export interface LinkPlan {
  /** It lies on all of these. */
  readonly ways: readonly Direction[];
  readonly effect: LinkEffect;
}

/** What is looked at links with. */
export interface LinkScene extends LinkPlan {
  readonly context: FaultContext;
  readonly links: LinkControl;
  readonly canaries: Canaries;
}

/** Why nothing can be said of a way, through no doing of this fault: a node is down, another fault lies on it. */
export async function excuseOf(scene: LinkScene, way: Direction): Promise<string | undefined> {
  const { context, links } = scene;
  for (const name of nodesAt(way)) {
    if (!context.cluster.nodes.some((node) => node.name === name)) return `${name} is no node any more`;
    const { state } = await context.cluster.lookAtProcess(name);
    if (state !== 'running') return `${name} is ${state}`;
  }
  const other = await heldByAnother(links, way, context.id);
  return other && `${other} lies on it, too`;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export const formatMs = (ms: number): string => formatDuration(ms * NS.ms);
