import { StorageType } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { type ReplicaScene, replicaScene } from './replica-scene.js';

let scene: ReplicaScene;
beforeAll(async () => {
  scene = await replicaScene();
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

describe('the final read while a node is away', () => {
  it('says which replica could not be read and why, and reads it when it has caught up', async () => {
    await scene.addStream('LATE');
    await scene.publish('LATE', 100);
    const late = await scene.followerOf('LATE');
    await scene.whileDown(late, 'SIGKILL', async () => {
      await scene.publish('LATE', 100, 100);
      const { reads, replicas } = await scene.read('LATE', { awayNs: 10 * NS.s });
      expect(reads[0]).toMatchObject({ count: 200, complete: true });
      expect(replicas.map(({ node }) => node).sort()).toEqual(['n1', 'n2', 'n3']);
      for (const { node, count, complete, gaveUp } of replicas) {
        expect({ node, count, complete }).toEqual(
          node === late ? { node, count: 0, complete: false } : { node, count: 200, complete: true },
        );
        if (node === late) expect(gaveUp).toMatch(/^not reached for 10000 ms, after sequence 0: /);
      }
    });
    const { replicas } = await scene.read('LATE');
    expect(replicas.map(({ count, complete }) => ({ count, complete }))).toEqual(
      Array.from({ length: 3 }, () => ({ count: 200, complete: true })),
    );
  });

  it('goes on when the stream’s leader is killed between the reads', async () => {
    await scene.addStream('KILLED', { storage: StorageType.Memory });
    await scene.publish('KILLED', 3000);
    const leader = await scene.leaderOf('KILLED');
    let killed: Promise<void> | undefined;
    const { reads, replicas } = await scene.read('KILLED', {
      onRead: () => {
        killed ??= scene.cluster.signal(leader, 'SIGKILL');
      },
    });
    await killed;
    await scene.cluster.startNode(leader);
    expect(reads[0]).toMatchObject({ count: 3000, complete: true });
    expect(replicas.map(({ node }) => node).sort()).toEqual(['n1', 'n2', 'n3']);
    for (const { node, count, complete, gaveUp } of replicas) {
      if (node === leader)
        expect({ complete, gaveUp }).toEqual({ complete: false, gaveUp: expect.any(String) });
      else expect({ node, count, complete }).toEqual({ node, count: 3000, complete: true });
    }
  });
});
