import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { ClusterNode } from '../contracts/cluster.js';
import { readVarz } from '../nats/endpoints.js';
import type { HeldLook } from './held-looks.js';

/** What a server says of its own start: another after each. */
export interface ServerStart {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly version: string;
}

/** What is not known of a server before it is ended cannot be compared after: a busy one is asked again. */
const TELLS_WITHIN_MS = 10_000;

/** `undefined` where the node's monitoring endpoint is not known, or does not answer in 10 s. */
export async function readServerStart(
  { monitorUrl }: ClusterNode,
  signal: AbortSignal,
): Promise<ServerStart | undefined> {
  if (monitorUrl === undefined) return undefined;
  const page = await waitFor(() => readVarz(monitorUrl), { timeoutMs: TELLS_WITHIN_MS, signal });
  return page && { startedAt: page.start, version: page.version };
}

/** The server says that it was started anew, with the version that was asked for; no look where nobody can be asked. */
export async function lookForNewStart(
  { name, monitorUrl }: ClusterNode,
  was: ServerStart | undefined,
  version?: string,
): Promise<HeldLook[]> {
  if (monitorUrl === undefined) return [];
  const at = `${name} ${monitorUrl}/varz`;
  try {
    const { start: startedAt, version: runs } = await readVarz(monitorUrl);
    const before = was ? `, before: ${was.version} since ${was.startedAt}` : '';
    const isNew = was !== undefined && startedAt !== was.startedAt;
    return [{ at, saw: `${runs} since ${startedAt}${before}`, holds: isNew && isVersion(runs, version) }];
  } catch (error) {
    return [{ at, saw: messageOf(error), holds: false }];
  }
}

/** Whether `2.14.9` is the `2.14` or the `2.14.9` that was asked for; any is, when none was. */
export function isVersion(runs: string, asked: string | undefined): boolean {
  return asked === undefined || runs === asked || runs.startsWith(`${asked}.`);
}
