import type { PeerState } from './endpoints.js';

/** /jsz with every account, stream and consumer that the server has a part in, and their Raft groups. */
export interface JszDetail {
  /** By the server's clock, ISO 8601. */
  readonly now?: string;
  readonly disabled?: boolean;
  readonly config?: {
    readonly max_memory?: number;
    readonly max_storage?: number;
    readonly domain?: string;
  };
  readonly streams?: number;
  readonly consumers?: number;
  readonly messages?: number;
  readonly bytes?: number;
  readonly storage?: number;
  readonly meta_cluster?: RaftView & {
    readonly name?: string;
    /** Id of the leader in the meta group. */
    readonly peer?: string;
    readonly cluster_size?: number;
  };
  readonly account_details?: readonly AccountDetail[];
}

export interface AccountDetail {
  readonly name: string;
  readonly id?: string;
  readonly memory?: number;
  readonly storage?: number;
  readonly reserved_memory?: number;
  readonly reserved_storage?: number;
  readonly stream_detail?: readonly StreamDetail[];
}

export interface StreamDetail {
  readonly name: string;
  readonly cluster?: RaftView;
  readonly config?: { readonly max_bytes?: number; readonly max_msgs?: number };
  readonly state?: {
    readonly messages?: number;
    readonly bytes?: number;
    readonly first_seq?: number;
    readonly last_seq?: number;
    readonly consumer_count?: number;
    readonly num_subjects?: number;
  };
  readonly consumer_detail?: readonly ConsumerDetail[];
  readonly mirror?: SourceDetail;
  readonly sources?: readonly SourceDetail[];
  readonly stream_raft_group?: string;
}

export interface ConsumerDetail {
  readonly name: string;
  readonly cluster?: RaftView;
  readonly config?: { readonly description?: string };
  readonly delivered?: SequencePair;
  readonly ack_floor?: SequencePair;
  readonly num_ack_pending?: number;
  readonly num_redelivered?: number;
  readonly num_waiting?: number;
  readonly num_pending?: number;
  /** When this was gathered, ISO 8601. */
  readonly ts?: string;
}

export interface SequencePair {
  readonly consumer_seq?: number;
  readonly stream_seq?: number;
  readonly last_active?: string;
}

export interface SourceDetail {
  readonly name: string;
  readonly lag?: number;
  /** Nanoseconds; −1 for never. */
  readonly active?: number;
  readonly external?: { readonly api?: string; readonly deliver?: string };
}

/** A Raft group as one server sees it: without itself among the replicas, unless there is no leader. */
export interface RaftView {
  readonly leader?: string;
  /** ISO 8601; only in what the leader says of itself. */
  readonly leader_since?: string;
  readonly replicas?: readonly PeerState[];
}
