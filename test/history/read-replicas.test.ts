import { readFileSync, writeFileSync } from 'node:fs';
import { RetentionPolicy } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplicaRead, StreamRead } from '../../src/contracts/history.js';
import { type ReplicaScene, replicaScene } from './replica-scene.js';

let scene: ReplicaScene;
beforeAll(async () => {
  scene = await replicaScene();
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const sequencesOf = ({ blocks }: StreamRead) =>
  blocks.flatMap(({ count, sequence }) => [...sequence.subarray(0, count)]);
const nodesOf = (replicas: readonly ReplicaRead[]) => replicas.map(({ node }) => node).sort();

describe('the final read of a stream of three replicas', () => {
  it('reads the store of every node; what they have in common is kept once', async () => {
    await scene.addStream('THREE');
    await scene.publish('THREE', 500);
    const { reads, replicas, ways } = await scene.read('THREE');
    expect(nodesOf(replicas)).toEqual(['n1', 'n2', 'n3']);
    for (const replica of replicas) {
      expect(replica).toMatchObject({ stream: 'THREE', count: 500, complete: true, gone: false });
      expect(replica.blocks).toHaveLength(1);
      expect(replica.blocks[0]).toBe(reads[0]!.blocks[0]);
    }
    expect(ways).toEqual(['consumer', 'consumer', 'consumer', 'consumer']);
    // Who has read does not wait for long until its consumer is gone.
    await expect.poll(async () => (await scene.jsm.streams.info('THREE')).state.consumer_count).toBe(0);
  });

  it('reads no replicas where there is one, where nobody wants them, where the stream is gone', async () => {
    await scene.addStream('ONE', { num_replicas: 1 });
    await scene.publish('ONE', 10);
    expect(await scene.read('ONE', {}, 1)).toMatchObject({ reads: [{ count: 10 }], replicas: [] });
    expect(await scene.read('ONE', { withReplicas: false })).toMatchObject({ replicas: [] });
    const gone = { stream: 'GONE', subjects: ['GONE.>'], fromSequence: 1, throughSequence: 0, gone: true };
    expect(await scene.read('ONE', { streams: [{ ...gone, replicas: 3 }] })).toMatchObject({
      reads: [{ stream: 'GONE', gone: true, complete: true }],
      replicas: [],
    });
  });

  it('does not leave out a replica that the servers do not speak of', async () => {
    const { replicas } = await scene.read('ONE', {}, 2);
    expect(replicas).toMatchObject([
      { count: 10, complete: true },
      { node: 'replica 2', count: 0, complete: false, gaveUp: 'the servers do not say where it lies' },
    ]);
  });

  it('reads a work queue message by message from each node in turn, and leaves it as it is', async () => {
    await scene.addStream('QUEUE', { retention: RetentionPolicy.Workqueue });
    await scene.publish('QUEUE', 300);
    for (const sequence of [1, 2, 100, 300]) await scene.jsm.streams.deleteMessage('QUEUE', sequence);
    const leader = await scene.leaderOf('QUEUE');
    const { reads, replicas, ways } = await scene.read('QUEUE');
    expect(new Set(ways)).toEqual(new Set(['leader']));
    expect(reads[0]).toMatchObject({ count: 296, complete: true });
    expect(nodesOf(replicas)).toEqual(['n1', 'n2', 'n3']);
    for (const replica of replicas) {
      expect(replica).toMatchObject({ count: 296, complete: true });
      expect(sequencesOf(replica)).toEqual(sequencesOf(reads[0]!));
    }
    expect((await scene.jsm.streams.info('QUEUE')).state.messages).toBe(296);
    await expect.poll(() => scene.leaderOf('QUEUE')).toBe(leader);
  });

  it('reads what may have no more consumers as a work queue', async () => {
    await scene.addStream('FULL', { max_consumers: 1 });
    await scene.publish('FULL', 20);
    await scene.jsm.consumers.add('FULL', { durable_name: 'theirs' });
    const { reads, replicas, ways } = await scene.read('FULL');
    expect(new Set(ways)).toEqual(new Set(['leader']));
    expect(reads).toMatchObject([{ count: 20, complete: true }]);
    expect(nodesOf(replicas)).toEqual(['n1', 'n2', 'n3']);
    for (const replica of replicas) expect(replica).toMatchObject({ count: 20, complete: true });
    await expect.poll(async () => (await scene.jsm.streams.info('FULL')).state.consumer_count).toBe(1);
  });

  it('shows what one node’s disk has lost, which no consumer of the others would tell', async () => {
    await scene.addStream('HURT');
    await scene.publish('HURT', 400);
    const hurt = await scene.followerOf('HURT');
    // A server that ends in order writes down what it has, and does not look at its blocks when it starts again.
    await scene.whileDown(hurt, 'SIGTERM', async () => {
      const files = (await scene.cluster.stores?.files(hurt)) ?? [];
      const block = files.find(({ stream, fileClass }) => stream === 'HURT' && fileClass === 'blk')!;
      const bytes = readFileSync(block.path);
      // In the middle of a payload, which has a checksum.
      const at = bytes.indexOf(Buffer.alloc(40, 'x'), bytes.length / 2) + 20;
      bytes[at]! ^= 1;
      writeFileSync(block.path, bytes);
    });
    const { reads, replicas } = await scene.read('HURT');
    expect(nodesOf(replicas)).toEqual(['n1', 'n2', 'n3']);
    for (const replica of replicas) {
      expect(replica).toMatchObject({ complete: true, count: replica.node === hurt ? 399 : 400 });
    }
    const leader = await scene.leaderOf('HURT');
    expect(reads[0]!.count).toBe(leader === hurt ? 399 : 400);
  });
});
