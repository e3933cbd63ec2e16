import { jetstreamManager } from '@nats-io/jetstream';
import { withDeadline } from '../base/wait.js';
import type { SystemControl } from '../contracts/control.js';
import type { ServerAccess } from '../contracts/load.js';
import { watchAdvisories } from './advisories.js';
import { readBacklog } from './backlog.js';
import { readClientCounts } from './client-counts.js';
import { takeLock } from './cluster-lock.js';
import { connectControl } from './connect.js';
import { readCounters } from './counters.js';
import { describeConsumers } from './describe-consumers.js';
import { describeStream } from './describe-stream.js';
import { askConsumerLeader, askMetaLeader, askStreamLeader, type MonitoredNode } from './leaders.js';
import { nodeNameOf } from './node-names.js';
import { readPublishedCounts } from './published-counts.js';
import { readRaftGroups } from './raft-groups.js';
import { readSlowConsumers } from './slow-consumers.js';
import { lookForSteadyState } from './steady-state.js';
import { createStreams, removeStreams, streamInfo } from './streams.js';

/** One question to the JetStream API may take this long. */
const CALL_MS = 4000;
const CLOSE_MS = 1000;

export interface ControlOptions {
  readonly access: ServerAccess;
  /** The nodes as they are known outside, read at each question; those without a monitorUrl are only reached through the connection. */
  readonly nodes: readonly MonitoredNode[];
  /** The connection's name; `stormglass-control` unless told. */
  readonly name?: string;
  /** For the first connection; 10,000 ms unless told. */
  readonly connectTimeoutMs?: number;
}

/**
 * Opens the control plane of a NATS system. Throws a PreflightError when no server lets us in; later losses of the
 * connection are its own business, and every call has a deadline.
 */
export async function openControl(options: ControlOptions): Promise<SystemControl> {
  const { access, name = 'stormglass-control', connectTimeoutMs } = options;
  const nc = await connectControl(access, {
    name,
    ...(connectTimeoutMs === undefined ? {} : { timeoutMs: connectTimeoutMs }),
  });
  /** Leaders are told by the servers' own names. */
  const nodeName = async (leader: Promise<string | undefined>): Promise<string | undefined> => {
    const serverName = await leader;
    return serverName === undefined ? undefined : nodeNameOf(options.nodes, serverName);
  };
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
  return {
    createStreams: (streams, mark) => createStreams(jsm, streams, mark),
    removeStreams: (names) => removeStreams(jsm, names),
    takeLock: (holder) => takeLock(jsm, holder),
    streamBounds: async (stream) => {
      const info = await streamInfo(jsm, stream);
      return (
        info && {
          firstSequence: info.state.first_seq,
          lastSequence: info.state.last_seq,
          messages: info.state.messages,
        }
      );
    },
    describeStream: async (stream) => {
      const description = await describeStream(jsm, stream, nc.info?.server_name);
      const leader = description?.state.leader;
      if (description === undefined || leader === undefined) return description;
      return { ...description, state: { ...description.state, leader: nodeNameOf(options.nodes, leader) } };
    },
    describeConsumers: (stream, known) => describeConsumers(jsm, stream, known),
    metaLeader: () => nodeName(askMetaLeader(options.nodes)),
    streamLeader: (stream) => nodeName(askStreamLeader(jsm, stream, nc.info?.server_name)),
    consumerLeader: (stream, consumer) =>
      nodeName(askConsumerLeader(jsm, stream, consumer, nc.info?.server_name)),
    raftGroups: () => readRaftGroups(jsm, options.nodes),
    backlog: (stream, consumer) => readBacklog(jsm, stream, consumer),
    clientCounts: () => readClientCounts(options.nodes, name),
    steadyState: (streams, onMissing) => lookForSteadyState(nc, jsm, options.nodes, streams, onMissing),
    counters: () => readCounters(options.nodes),
    publishedBy: (prefix) => readPublishedCounts(options.nodes, prefix),
    slowConsumers: (prefix) => readSlowConsumers(options.nodes, prefix),
    watchAdvisories: async (listener) => {
      watchAdvisories(nc, listener);
      // The server has the subscription when it has answered what came after it.
      await withDeadline(nc.flush(), CALL_MS, 'subscribing to advisories');
    },
    [Symbol.asyncDispose]: async () => {
      // A connection that is looking for a server has nobody to take leave of.
      await withDeadline(nc.close(), CLOSE_MS, 'closing the control connection').catch(() => {});
    },
  };
}
