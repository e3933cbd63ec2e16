import { jetstreamManager } from '@nats-io/jetstream';
import { orAborted } from '../base/or-aborted.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from './connect.js';
import { streamInfo } from './streams.js';

const CALL_MS = 4000;
const CLOSE_MS = 1000;
const MOVE_WITHIN_MS = 15_000;

/** Who keeps a stream, as its leader sees them, by the servers' own names. */
export interface StreamGroup {
  readonly leader?: string;
  readonly replicas?: readonly PeerOfStream[];
}

export interface PeerOfStream {
  readonly name: string;
  readonly current: boolean;
  readonly offline?: boolean;
  /** Operations behind. */
  readonly lag?: number;
}

/** A stream that is to be read, as its leader describes it. */
export interface KeptStream {
  /** `limits`, `interest`, `workqueue`. */
  readonly retention: string;
  readonly group: StreamGroup;
  /** Every server that has a replica, its leader first; empty where nothing is clustered. */
  readonly servers: readonly string[];
}

/** What is asked of a system to read the replicas of its streams. */
export interface ReplicaControl extends AsyncDisposable {
  /** Rejects when nobody can say, or there is no such stream. */
  describe(stream: string): Promise<KeptStream>;
  /** Makes a server lead the stream, by handing its leadership over. Rejects when it does not come to that, and as the signal aborts. */
  moveLeader(stream: string, server: string, signal?: AbortSignal): Promise<void>;
}

/** Opens a connection for it. Rejects when no server lets us in. */
export async function openReplicaControl(access: ServerAccess): Promise<ReplicaControl> {
  const nc = await connectControl(access, { name: 'stormglass-reader', timeoutMs: CALL_MS });
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
  const describe = async (stream: string): Promise<KeptStream> => {
    const info = await streamInfo(jsm, stream);
    if (info === undefined) throw new Error('stream not found');
    const group: StreamGroup = info.cluster ?? {};
    const { leader, replicas = [] } = group;
    const servers = [...(leader ? [leader] : []), ...replicas.map(({ name }) => name)];
    return { retention: info.config.retention, group, servers };
  };
  return {
    describe,
    moveLeader: async (stream, server, signal) => {
      let trouble = '';
      const isMoved = await waitFor(
        async () => {
          if ((await orAborted(describe(stream), signal)).group.leader === server) return true;
          const stepdown = nc.request(
            `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`,
            JSON.stringify({ placement: { preferred: server } }),
            { timeout: CALL_MS },
          );
          const answer = await orAborted(stepdown, signal);
          trouble = answer.json<{ error?: { description?: string } }>().error?.description ?? '';
          return false;
        },
        { timeoutMs: MOVE_WITHIN_MS, everyMs: 250, ...(signal && { signal }) },
      );
      if (!isMoved)
        throw new Error(`${server} could not be made its leader${trouble === '' ? '' : `: ${trouble}`}`);
    },
    [Symbol.asyncDispose]: async () => {
      await withDeadline(nc.close(), CLOSE_MS, 'closing the connection').catch(() => {});
    },
  };
}

/** Why a server's replica of a stream cannot be read now; `undefined` when it can. */
export function whyUnreadable(group: StreamGroup | undefined, server: string): string | undefined {
  if (group?.leader === server) return undefined;
  const peer = group?.replicas?.find(({ name }) => name === server);
  if (peer === undefined) return `${server} is none of its replicas`;
  return peer.offline ? `its leader says that ${server} is offline` : undefined;
}
