import { type JetStreamManager, jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { ReadBack, ReadManner } from '../../src/contracts/history.js';
import { type FinalReadOptions, readBack } from '../../src/history/final-read.js';
import { waitUntilCaughtUp } from '../../src/nats/caught-up.js';
import { connectControl } from '../../src/nats/connect.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { clusterTest } from '../clusters/cluster-for-test.js';
import { answered } from '../support/answered.js';

/** What is read back, and by which way each read went. */
export type ReadAsTold = ReadBack & { readonly ways: readonly ReadManner['way'][] };

/** A cluster of three with streams of three replicas, which are filled and read back. */
export interface ReplicaScene extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly jsm: JetStreamManager;
  addStream(name: string, more?: Partial<StreamConfig>): Promise<void>;
  /** So many stamped events, each exactly once, however often it takes while servers come and go. */
  publish(stream: string, count: number, from?: number): Promise<void>;
  read(stream: string, more?: Partial<FinalReadOptions>, replicas?: number): Promise<ReadAsTold>;
  leaderOf(stream: string): Promise<string>;
  followerOf(stream: string): Promise<string>;
  /** Ends a node, does something while it is down, and starts it again until it has all it is to have. */
  whileDown(node: string, signal: 'SIGKILL' | 'SIGTERM', work: () => Promise<void> | void): Promise<void>;
}

export async function replicaScene(): Promise<ReplicaScene> {
  const test = await clusterTest();
  const cluster = await test.start({ nodes: 3 });
  const nc = await connectControl(cluster.observerAccess, { name: 'replica-test' });
  const jsm = await answered(() => jetstreamManager(nc));
  const infoOf = (stream: string) => answered(() => jsm.streams.info(stream));
  const groupOf = async (stream: string) => (await infoOf(stream)).cluster;
  return {
    cluster,
    jsm,
    addStream: async (name, more = {}) => {
      await answered(() => jsm.streams.add({ name, subjects: [`${name}.>`], num_replicas: 3, ...more }));
    },
    publish: async (stream, count, from = 0) => {
      const js = jetstream(nc, { timeout: 2000 });
      const publishOne = async (i: number): Promise<void> => {
        const bytes = Buffer.alloc(64, 'x');
        writeStamp(bytes, 0, 1, i, 1000 + i);
        const once = { msgID: `${stream}-${i}` };
        const isStored = await waitFor(() => js.publish(`${stream}.a`, bytes, once), { timeoutMs: 30_000 });
        if (!isStored) throw new Error(`${stream} does not store #${i}`);
      };
      await Promise.all(Array.from({ length: count }, (_, i) => publishOne(from + i)));
    },
    read: async (stream, more = {}, replicas = 3) => {
      const ways: ReadManner['way'][] = [];
      const { state } = await infoOf(stream);
      const span = { stream, subjects: [`${stream}.>`], fromSequence: 1, gone: false, replicas };
      const reads = await readBack({
        access: cluster.observerAccess,
        nodes: cluster.nodes,
        streams: [{ ...span, throughSequence: state.last_seq }],
        writers: [],
        withReplicas: true,
        timeoutNs: 60 * NS.s,
        onRead: (_, { way }) => ways.push(way),
        ...more,
      });
      return { ...reads, ways };
    },
    leaderOf: async (stream) => (await groupOf(stream))?.leader as string,
    followerOf: async (stream) => (await groupOf(stream))?.replicas?.[0]?.name as string,
    whileDown: async (node, signal, work) => {
      await cluster.signal(node, signal);
      await waitFor(async () => (await cluster.lookAtProcess(node)).state === 'down', { timeoutMs: 30_000 });
      try {
        await work();
      } finally {
        await cluster.startNode(node);
      }
      await waitUntilCaughtUp(cluster.node(node).monitorUrl as string);
    },
    [Symbol.asyncDispose]: async () => {
      await nc.close();
      await cluster[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
    },
  };
}
