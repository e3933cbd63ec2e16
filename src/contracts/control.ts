import type { ConsumerLook, StreamLook } from './history.js';
import type { StreamPlan } from './plan/streams.js';

/** What is asked of a NATS system through its own doors: the control plane of a run. */
export interface SystemControl extends AsyncDisposable {
  /** Creates the streams that are not there, marked as the run's if told; returns the names of those it created. */
  createStreams(streams: readonly StreamPlan[], mark?: string): Promise<readonly string[]>;
  removeStreams(names: readonly string[]): Promise<void>;
  /** Takes the lock of the whole system, which runs on other machines see, too; see nats/cluster-lock.ts. */
  takeLock(holder: LockHolder): Promise<LockHolder | undefined>;
  /** First and last sequence that a stream holds now, and how many; undefined when there is no such stream. Rejects when nobody can say. */
  streamBounds(stream: string): Promise<StreamBounds | undefined>;
  /** A stream as its leader describes it; undefined when the servers say that there is none. Rejects when nobody can say. */
  describeStream(stream: string): Promise<StreamDescription | undefined>;
  /**
   * The consumers of a stream, without those that stormglass reads it back with; undefined when there is no such stream.
   * One of `known` that nobody can speak for now is `unanswered`. Rejects when nobody can say anything.
   */
  describeConsumers(stream: string, known: readonly string[]): Promise<ConsumerDescriptions | undefined>;
  /** Node that leads the meta group; undefined while there is none. */
  metaLeader(): Promise<string | undefined>;
  /** Node that leads the stream; undefined while there is none. */
  streamLeader(stream: string): Promise<string | undefined>;
  /** Node that leads the consumer; undefined while there is none. */
  consumerLeader(stream: string, consumer: string): Promise<string | undefined>;
  /** Every Raft group there is: the meta group, streams and consumers of more than one replica. */
  raftGroups(): Promise<readonly RaftGroup[]>;
  /** Messages that consumers were not given yet, or have not acknowledged; of a stream's, of all streams' without a name. */
  backlog(stream?: string, consumer?: string): Promise<number>;
  /** How many clients each node says it has that are not ours to control with, by node name. */
  clientCounts(): Promise<ReadonlyMap<string, number>>;
  /** One look at everything that makes the system steady; does not wait. What does not hold is told as soon as it is known. */
  steadyState(streams: readonly StreamPlan[], onMissing?: (probe: SteadyProbe) => void): Promise<SteadyLook>;
  /** Each reachable node's own counters, by node name. */
  counters(): Promise<ReadonlyMap<string, NodeCounters>>;
  /**
   * How many messages the servers took from the connections whose name begins so, by name, closed connections too.
   * A server that was restarted has forgotten what it took before.
   */
  publishedBy(connectionNamePrefix: string): Promise<ReadonlyMap<string, number>>;
  /** The connections whose name begins so that servers cut off because they read too slowly: they only see an end. */
  slowConsumers(connectionNamePrefix: string): Promise<readonly SlowConsumer[]>;
  /** Reports elections, lost quorums and other JetStream advisories as they are published. */
  watchAdvisories(listener: (advisory: Advisory) => void): Promise<void>;
}

/** Who has a system to itself; texts, as they stand in a stream's metadata. */
export interface LockHolder {
  readonly run: string;
  readonly host: string;
  readonly user: string;
  /** Wall-clock time, ISO 8601. */
  readonly since: string;
  /** The run's process, as a ProcessIdentity has it. */
  readonly pid: string;
  readonly startedAt: string;
}

export interface RaftGroup {
  /** `meta`, `stream ORDERS`, `consumer ORDERS > worker`. */
  readonly name: string;
  /** Names of the nodes that have a vote, the leader among them. */
  readonly peers: readonly string[];
}

export interface StreamBounds {
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** How many it holds: fewer than lie between these where some were removed. */
  readonly messages: number;
}

export interface StreamDescription {
  /** By the server's own names; durations in nanoseconds. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly state: Omit<StreamLook, 'atNs' | 'exists'>;
}

export interface ConsumerDescription {
  readonly consumer: string;
  /** By the server's own names; durations in nanoseconds. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly state: Omit<ConsumerLook, 'atNs' | 'exists'>;
}

export interface ConsumerDescriptions {
  readonly consumers: readonly ConsumerDescription[];
  readonly unanswered: readonly string[];
}

export interface SteadyLook {
  readonly steady: boolean;
  readonly probes: readonly SteadyProbe[];
}

export interface SteadyProbe {
  readonly probe: string;
  readonly holds: boolean;
  /** For people. */
  readonly saw: string;
}

export interface NodeCounters {
  /** Changes when the server was restarted. */
  readonly startedAt: string;
  readonly version: string;
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly slowConsumers: number;
  readonly connections: number;
}

export interface SlowConsumer {
  readonly connectionName: string;
  /** In the server's words: `Slow Consumer (Pending Bytes)`. */
  readonly reason: string;
  readonly node: string;
}

export interface Advisory {
  /** `STREAM.LEADER_ELECTED`, `CONSUMER.QUORUM_LOST`, … */
  readonly kind: string;
  readonly subject: string;
  readonly stream?: string;
  readonly leader?: string;
  readonly text: string;
}
