import { StormglassError } from '../../base/errors.js';
import type { FaultContext } from '../../contracts/fault.js';
import type { LinkEffect } from '../../contracts/links.js';
import { type LinkChoice, linksOf } from './link-choice.js';
import type { LinkPlan } from './link-looks.js';

/** An effect on both ways of every link that touches a target. Throws when there is none. */
export function bentLinks(
  { cluster, targets }: FaultContext,
  choice: LinkChoice,
  effect: LinkEffect,
): LinkPlan {
  const nodes = cluster.nodes.map(({ name }) => name);
  const ways = linksOf(
    targets.map(({ name }) => name),
    nodes,
    choice,
  );
  if (ways.length > 0) return { ways, effect };
  throw new StormglassError('expectation', 'there is no other node, and so no route to lay anything on', {
    hint: 'a single server has links to clients only: on: clients',
  });
}
