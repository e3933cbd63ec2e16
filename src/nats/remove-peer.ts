import { NS, nowNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from './connect.js';
import { readJsz } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';

/** Of the meta leader, in the system account. */
const REMOVE_SUBJECT = '$JS.API.SERVER.REMOVE';
const CALL_MS = 2_000;
/** JSClusterServerNotMemberErr: it is none of them, or none any more. */
const NOT_A_MEMBER = 10044;

interface RemoveAnswer {
  readonly success?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

export interface MetaPeer {
  readonly serverName: string;
  /** A leader that was restarted since has forgotten the names of those that were gone by then, not their ids. */
  readonly peerId?: string | undefined;
}

/** The id under which the meta group knows a server, as any of the nodes' own pages tell it. */
export async function findPeerId(
  nodes: readonly MonitoredNode[],
  serverName: string,
): Promise<string | undefined> {
  const pages = await Promise.all(
    nodes.map(async ({ monitorUrl }) => monitorUrl && (await readJsz(monitorUrl).catch(() => undefined))),
  );
  const peers = pages.flatMap((page) => (page ? (page.meta_cluster?.replicas ?? []) : []));
  return peers.find(({ name }) => name === serverName)?.peer;
}

/**
 * Takes a server out of JetStream's meta group. Asks again while there is no leader to answer; a server that is no
 * member is none already. Throws what was answered last when the time is up. `access` is to the system account.
 */
export async function removePeer(
  access: ServerAccess,
  { serverName, peerId }: MetaPeer,
  timeoutMs: number,
): Promise<'removed' | 'no member'> {
  const deadlineNs = nowNs() + timeoutMs * NS.ms;
  const nc = await connectControl(access, { name: 'stormglass-membership', timeoutMs });
  let said = 'nobody was asked';
  try {
    const outcome = await waitFor(
      async () => {
        try {
          const request = JSON.stringify({ peer: serverName, peer_id: peerId });
          const message = await nc.request(REMOVE_SUBJECT, request, { timeout: CALL_MS });
          const { success, error } = message.json<RemoveAnswer>();
          if (success) return 'removed';
          if (error?.err_code === NOT_A_MEMBER) return 'no member';
          said = error?.description ?? message.string();
        } catch (thrown) {
          said = messageOf(thrown);
        }
        return undefined;
      },
      { timeoutMs: Math.max(0, (deadlineNs - nowNs()) / NS.ms), everyMs: 250 },
    );
    if (outcome === undefined) throw new Error(`the meta group did not remove ${serverName}: ${said}`);
    return outcome;
  } finally {
    await nc.close();
  }
}
