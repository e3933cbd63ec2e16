import { messageOf } from '../../base/errors.js';
import type { HealthzPage, ProbedPage, RoutezPage } from '../../nats/endpoints.js';
import type { JszDetail } from '../../nats/jsz-detail.js';
import type { ServerDoor } from '../../nats/server-door.js';

/** What one server said of itself; a page that it did not answer with is absent. */
export interface ServerLook {
  readonly varz?: VarzFacts;
  readonly connz?: unknown;
  readonly routez?: RoutezPage;
  readonly healthz?: HealthzPage;
  readonly jsz?: JszDetail;
  readonly raftz?: MetaRaftPage;
  /** Why it did not answer at all. */
  readonly silence?: string;
}

export interface VarzFacts {
  readonly server_id: string;
  readonly server_name: string;
  readonly cluster?: { readonly name?: string };
  readonly [figure: string]: unknown;
}

/** By account, and by group. */
export type MetaRaftPage = Readonly<
  Record<string, Readonly<Record<string, { readonly state?: string; readonly leader_since?: string }>>>
>;

const PAGES = ['healthz', 'varz', 'routez', 'connz', 'jsz', 'raftz'] as const satisfies readonly ProbedPage[];

/** Asks for all pages at once; each has its deadline, so that this one has. Does not reject. */
export async function lookAtServer(door: ServerDoor): Promise<ServerLook> {
  const answers = await Promise.allSettled(PAGES.map((page) => door.ask(page)));
  const look: Record<string, unknown> = {};
  let reason: unknown;
  for (const [i, page] of PAGES.entries()) {
    const answer = answers[i] as PromiseSettledResult<unknown>;
    if (answer.status === 'rejected') reason ??= answer.reason;
    else if (isObject(answer.value)) look[page] = answer.value;
  }
  if (Object.keys(look).length === 0) return { silence: messageOf(reason) };
  return look;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Since when a server leads the meta group, by its own clock, in milliseconds; undefined where it does not, or does not say. */
export function metaLeaderSince({ raftz }: ServerLook): number | undefined {
  for (const groups of Object.values(raftz ?? {})) {
    const { state, leader_since: since } = groups._meta_ ?? {};
    if (state?.toUpperCase() === 'LEADER' && since !== undefined) return Date.parse(since);
  }
  return undefined;
}
