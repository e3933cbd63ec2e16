import { Deadline } from '../base/deadline.js';
import { codeOf, messageOf } from '../base/errors.js';
import { parseJsonInSlices } from '../base/parse-json-in-slices.js';

/**
 * A server's own HTTP pages, as far as they are used here. Every call has a deadline: a server that is paused
 * accepts the connection and never answers.
 */
export interface VarzPage {
  readonly server_id: string;
  readonly server_name: string;
  readonly version: string;
  /** ISO 8601; changes when the server was restarted. */
  readonly start: string;
  readonly connections: number;
  /** How many clients it takes. */
  readonly max_connections?: number;
  readonly in_msgs: number;
  readonly out_msgs: number;
  readonly in_bytes: number;
  readonly slow_consumers: number;
  /** Percent of one core, over the last second or so. */
  readonly cpu: number;
  /** Resident, in bytes. */
  readonly mem: number;
  readonly jetstream?: { readonly stats?: { readonly storage?: number } };
  readonly cluster?: { readonly name?: string };
}

export interface JszPage {
  readonly disabled?: boolean;
  /** Bytes that its streams take up on disk. */
  readonly storage?: number;
  readonly config?: { readonly max_storage?: number };
  /** Present when JetStream is clustered. */
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly cluster_size: number;
    /** The other members; what a follower says of another follower means nothing. */
    readonly replicas?: readonly PeerState[];
  };
  /** Present when it was asked for streams: those that this server has a replica of. */
  readonly account_details?: readonly {
    readonly stream_detail?: readonly (GroupDetail & {
      readonly consumer_detail?: readonly GroupDetail[];
      /** Present when it was asked for Raft groups. */
      readonly stream_raft_group?: string;
      readonly consumer_raft_groups?: readonly { readonly raft_group?: string }[];
    })[];
  }[];
}

/** A stream or a consumer, and its Raft group as this server sees it: without itself among the replicas. */
interface GroupDetail {
  readonly name: string;
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly PeerState[] };
}

/** How the leader of a raft group sees one of its followers; stream info speaks of replicas the same way. */
export interface PeerState {
  readonly name: string;
  /** Its id in the meta group, where that was asked for. */
  readonly peer?: string;
  readonly current: boolean;
  readonly offline?: boolean;
  /** Nanoseconds since it was heard of; 0 for never. */
  readonly active?: number;
  /** Operations behind. */
  readonly lag?: number;
}

export interface RoutezPage {
  readonly server_name: string;
  readonly routes?: readonly {
    readonly remote_id?: string;
    /** Of this connection: another after it was made anew. */
    readonly rid: number;
    readonly remote_name?: string;
    readonly in_msgs: number;
    readonly out_msgs: number;
    readonly in_bytes: number;
  }[];
}

export interface ConnzPage {
  /** Of all pages together. */
  readonly total: number;
  readonly connections: readonly {
    readonly name?: string;
    readonly in_msgs: number;
    /** What the server holds back for it, since it does not take it. */
    readonly pending_bytes?: number;
    /** Why it was closed, if it was. */
    readonly reason?: string;
  }[];
}

export interface HealthzPage {
  /** `ok`, `unavailable`, `error`. */
  readonly status: string;
  readonly error?: string;
}

const DEADLINE_MS = 2000;

export const readVarz = (monitorUrl: string, deadlineMs?: number): Promise<VarzPage> =>
  readPage<VarzPage>(monitorUrl, '/varz', deadlineMs);

export const readJsz = (monitorUrl: string, deadlineMs?: number): Promise<JszPage> =>
  readPage<JszPage>(monitorUrl, '/jsz', deadlineMs);

/** With every stream and consumer that the server has a part in, of every account. */
export const readJszWithStreams = (monitorUrl: string): Promise<JszPage> =>
  readPage<JszPage>(monitorUrl, '/jsz?accounts=true&streams=true&consumers=true&limit=1000000');

/** With the Raft groups of every stream, and of its consumers, that the server has a replica of. */
export const readJszWithGroups = (monitorUrl: string): Promise<JszPage> =>
  readPage<JszPage>(
    monitorUrl,
    '/jsz?accounts=true&streams=true&consumers=true&direct-consumers=true&raft=true&limit=1000000',
  );

export const readRoutez = (monitorUrl: string, deadlineMs?: number): Promise<RoutezPage> =>
  readPage<RoutezPage>(monitorUrl, '/routez', deadlineMs);

/** Open and closed connections unless told, a page of them. */
export const readConnz = (
  monitorUrl: string,
  offset: number,
  limit: number,
  state: 'all' | 'open' | 'closed' = 'all',
): Promise<ConnzPage> =>
  readPage<ConnzPage>(monitorUrl, `/connz?state=${state}&offset=${offset}&limit=${limit}`);

/** Whether a client is connected now, by the id that the server gave it. */
export async function isClientOpen(monitorUrl: string, clientId: number): Promise<boolean> {
  const { connections } = await readPage<ConnzPage>(monitorUrl, `/connz?state=open&cid=${clientId}`);
  return connections.length > 0;
}

/** Resolves for an unhealthy server too: it answers with status 503 and its reason. */
export const readHealthz = (monitorUrl: string, deadlineMs?: number): Promise<HealthzPage> =>
  readPage<HealthzPage>(monitorUrl, '/healthz', deadlineMs, [503]);

/** The pages that a probe reads, as the exporter of the NATS project asks for them, and the Raft group of the servers. */
const PROBED = {
  varz: { path: '/varz' },
  connz: { path: '/connz' },
  routez: { path: '/routez' },
  healthz: { path: '/healthz', alsoStatus: [503] },
  jsz: { path: '/jsz?consumers=true&config=true&raft=true' },
  raftz: { path: '/raftz?group=_meta_' },
} as const satisfies Record<string, { readonly path: string; readonly alsoStatus?: readonly number[] }>;

export type ProbedPage = keyof typeof PROBED;

/** A page as it is. Rejects when the server does not answer in time, or has no such page. */
export function readProbedPage(
  monitorUrl: string,
  page: ProbedPage,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const { path, alsoStatus }: { readonly path: string; readonly alsoStatus?: readonly number[] } =
    PROBED[page];
  return readPage(monitorUrl, path, deadlineMs, alsoStatus, signal);
}

async function readPage<T>(
  monitorUrl: string,
  path: string,
  deadlineMs = DEADLINE_MS,
  alsoStatus: readonly number[] = [],
  signal?: AbortSignal,
): Promise<T> {
  // A server may have a path before its pages: `http_base_path`.
  const url = new URL(`${monitorUrl.replace(/\/+$/, '')}${path}`);
  const giveUp = new AbortController();
  const deadline = new Deadline(deadlineMs, () =>
    giveUp.abort(new Error(`no answer within ${deadlineMs} ms`)),
  );
  const onAbort = () => giveUp.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    signal?.throwIfAborted();
    const response = await fetch(url, { signal: giveUp.signal, redirect: 'error' });
    if (!response.ok && !alsoStatus.includes(response.status)) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return (await parseJsonInSlices(await response.text())) as T;
  } catch (thrown) {
    throw new Error(`${url.href}: ${explain(thrown)}`, { cause: thrown });
  } finally {
    deadline.clear();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What fetch hides in a cause, in a few words. */
function explain(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return codeOf(cause) ?? messageOf(cause ?? thrown);
}
