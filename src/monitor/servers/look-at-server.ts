import { messageOf } from '../../base/errors.js';
import type { HealthzPage, ProbedPage, RoutezPage } from '../../nats/endpoints.js';
import type { JszDetail } from '../../nats/jsz-detail.js';
import type { ServerDoor } from '../../nats/server-door.js';
import type { Connz } from './connection-figures.js';
import {
  fitConnz,
  fitHealthz,
  fitJsz,
  fitRoutez,
  fitVarz,
  metaLeaderSince,
  type VarzFacts,
} from './fit-pages.js';
import { isObject } from './fitted.js';

/** What one server said of itself; a page that it did not answer with, or that is none, is absent. */
export interface ServerLook {
  readonly varz?: VarzFacts | undefined;
  readonly connz?: Connz | undefined;
  readonly routez?: RoutezPage | undefined;
  readonly healthz?: HealthzPage | undefined;
  readonly jsz?: JszDetail | undefined;
  /** Since when it leads the meta group, by its own clock, in milliseconds. */
  readonly metaLeaderSinceMs?: number | undefined;
  /** Pages as they are, of which each number is told. */
  readonly plain: { readonly varz?: unknown; readonly routez?: unknown };
  /** Why it did not answer at all. */
  readonly silence?: string;
}

const PAGES = ['healthz', 'varz', 'routez', 'connz', 'jsz', 'raftz'] as const satisfies readonly ProbedPage[];

/** Asks for all pages at once; each has its deadline, so that this one has. Does not reject. */
export async function lookAtServer(door: ServerDoor): Promise<ServerLook> {
  const answers = await Promise.allSettled(PAGES.map((page) => door.ask(page)));
  const pages: Partial<Record<ProbedPage, unknown>> = {};
  let reason: unknown;
  for (const [i, page] of PAGES.entries()) {
    const answer = answers[i] as PromiseSettledResult<unknown>;
    if (answer.status === 'rejected') reason ??= answer.reason;
    else if (isObject(answer.value)) pages[page] = answer.value;
    else reason ??= new Error(`/${page} is no page of a server`);
  }
  if (Object.keys(pages).length === 0) return { plain: {}, silence: messageOf(reason) };
  const { varz, routez, connz, healthz, jsz, raftz } = pages;
  return {
    varz: fitVarz(varz),
    routez: fitRoutez(routez),
    connz: fitConnz(connz),
    healthz: fitHealthz(healthz),
    jsz: await fitJsz(jsz),
    metaLeaderSinceMs: metaLeaderSince(raftz),
    plain: { varz, routez },
  };
}
