import { z } from 'zod';
import type { Capability } from '../../contracts/cluster.js';
import { CLIENTS, type Direction } from '../../contracts/links.js';

const CHOICES = ['routes', 'clients', 'both'] as const;

/** Which links a fault lies on: those between nodes, those between the load's clients and nodes, or all of them. */
export type LinkChoice = (typeof CHOICES)[number];

export const linkChoiceSchema = z.enum(CHOICES, { error: `expected one of ${CHOICES.join(', ')}` });

/** The key `on` of the kinds that bend links. */
export const onSchema = linkChoiceSchema
  .default('routes')
  .describe(
    'Which links of the targets: routes (between nodes), clients (between the load and the nodes), or both',
  );

/** What a fault on these links needs of a driver, by the key `on` of its parameters. */
export const needsOn = ({ on }: Readonly<Record<string, unknown>>): Capability[] =>
  needsOfLinks(linkChoiceSchema.catch('routes').parse(on));

/** What a fault needs that only delays or narrows. */
export const needsToShapeOn = (params: Readonly<Record<string, unknown>>): Capability[] =>
  needsOn(params).map((need) => (need === 'route-links' ? 'route-shaping' : need));

/** Whether a fault that lets nothing through keeps its targets from the others, by the key `on` of its parameters. */
export const takesDownOn = ({ on }: Readonly<Record<string, unknown>>): 'all' | 'none' =>
  on === 'clients' ? 'none' : 'all';

export function needsOfLinks(choice: LinkChoice): Capability[] {
  return [
    ...(choice === 'clients' ? [] : ['route-links' as const]),
    ...(choice === 'routes' ? [] : ['client-links' as const]),
  ];
}

/** Both ways of every link that touches a target. */
export function linksOf(
  targets: readonly string[],
  nodes: readonly string[],
  choice: LinkChoice,
): Direction[] {
  return [
    ...(choice === 'clients'
      ? []
      : waysBetween(nodes).filter(({ from, to }) => targets.includes(from) || targets.includes(to))),
    ...(choice === 'routes' ? [] : targets.flatMap(clientWays)),
  ];
}

/** Every way from a node to another. */
export const waysBetween = (nodes: readonly string[]): Direction[] =>
  nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));

export const clientWays = (node: string): Direction[] => [
  { from: CLIENTS, to: node },
  { from: node, to: CLIENTS },
];

/** The node at the end of a way between the clients and a node; `undefined` for a way between nodes. */
export function clientNodeOf({ from, to }: Direction): string | undefined {
  if (from === CLIENTS) return to;
  return to === CLIENTS ? from : undefined;
}

/** The nodes at its ends: two, or the one that clients are at. */
export const nodesAt = ({ from, to }: Direction): string[] => [from, to].filter((end) => end !== CLIENTS);

/** From a node to itself: a way without a link. */
export const toItself = (name: string): Direction => ({ from: name, to: name });

/** `n1 → n2` */
export const wayText = ({ from, to }: Direction): string => `${from} → ${to}`;
