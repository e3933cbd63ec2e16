import { readJszWithGroups } from './endpoints.js';

/** The Raft groups of a stream that a server has a replica of, as its own page names them. */
export interface StreamGroups {
  readonly stream: string;
  /** Absent for a stream of one replica. */
  readonly own?: string;
  /** Its own, and those of its consumers. */
  readonly all: readonly string[];
}

/** Of every account. Rejects when the server does not answer. */
export async function readStreamGroups(monitorUrl: string): Promise<readonly StreamGroups[]> {
  const { account_details: accounts = [] } = await readJszWithGroups(monitorUrl);
  return accounts
    .flatMap(({ stream_detail = [] }) => stream_detail)
    .map(({ name, stream_raft_group: own, consumer_raft_groups: consumers = [] }) => ({
      stream: name,
      ...(own && { own }),
      all: [own, ...consumers.map(({ raft_group }) => raft_group)].filter((group) => group !== undefined),
    }));
}
