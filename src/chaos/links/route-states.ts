import type { Cluster } from '../../contracts/cluster.js';
import type { Direction } from '../../contracts/links.js';
import { readRoutez } from '../../nats/endpoints.js';
import type { LinkLook } from './link-looks.js';

/** What a node says of the connections that it has to another: one, or a pool of them. */
export interface RouteState {
  /** Of these connections: others after they were made anew. Empty: there is none. */
  readonly ids: readonly number[];
  /** Messages that came through them. */
  readonly inMsgs: number;
  readonly inBytes: number;
}

/** By the node that says it, and the other one. */
export type RouteStates = (at: string, other: string) => RouteState | undefined;

/** Asks the nodes at the ends of these ways for their routes; of a node that does not answer nothing is known. */
export async function readRoutes(cluster: Cluster, ways: readonly Direction[]): Promise<RouteStates> {
  const names = new Set(ways.flatMap(({ from, to }) => [from, to]));
  const pages = new Map(
    await Promise.all(
      cluster.nodes
        .filter(({ name }) => names.has(name))
        .map(async ({ name, monitorUrl }) => {
          const page =
            monitorUrl === undefined ? undefined : await readRoutez(monitorUrl).catch(() => undefined);
          return [name, page] as const;
        }),
    ),
  );
  return (at, other) => {
    const page = pages.get(at);
    if (page === undefined) return undefined;
    // A server that has taken another's place has the node's place, not its name.
    const name = pages.get(other)?.server_name ?? other;
    const routes = (page.routes ?? []).filter(({ remote_name }) => remote_name === name);
    return {
      ids: routes.map(({ rid }) => rid).sort((a, b) => a - b),
      inMsgs: routes.reduce((sum, { in_msgs }) => sum + in_msgs, 0),
      inBytes: routes.reduce((sum, { in_bytes }) => sum + in_bytes, 0),
    };
  };
}

/** What the receiving end of a way that is cut says of its routes over the time of a look; nothing where nobody knows. */
export function lookAtStandstill(
  { from, to }: Direction,
  start: RouteStates,
  end: RouteStates,
  isRejected: boolean,
): LinkLook[] {
  const [was, is] = [start(to, from), end(to, from)];
  if (was === undefined || is === undefined) return [];
  const at = `${to} /routez, route to ${from}`;
  if (is.ids.length === 0) return [{ at, saw: 'there is none', holds: true }];
  if (isRejected) return [{ at, saw: 'it is there', holds: false }];
  // Of a route that was made anew meanwhile, nothing is known before.
  const holds = was.ids.join() !== is.ids.join() || was.inMsgs === is.inMsgs;
  const saw = holds
    ? `in_msgs stand still at ${is.inMsgs}`
    : `in_msgs went from ${was.inMsgs} to ${is.inMsgs}`;
  return [{ at, saw, holds }];
}
