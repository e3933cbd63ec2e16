import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { fileBitflip } from '../../src/chaos/file-bitflip.js';
import { fileTruncate } from '../../src/chaos/file-truncate.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import { STORE_FILE_CLASSES, type StoreControl } from '../../src/contracts/stores.js';
import { keepPublishing, type StoreScene, storeScene, underTest } from '../support/store-scene.js';

let place: StoreScene;
let cluster: Cluster;
let stores: StoreControl;
beforeAll(async () => {
  place = await storeScene({ nodes: 3 });
  cluster = place.cluster;
  stores = cluster.stores as StoreControl;
  const limits = { storage: 'file', max_bytes: 4 * 1024 ** 2 };
  await place.scene.control.createStreams([
    { name: 'ORDERS', subjects: ['orders.>'], config: { ...limits, num_replicas: 3 } },
    { name: 'SINGLE', subjects: ['single.>'], config: { ...limits, num_replicas: 1 } },
  ]);
  await using _orders = keepPublishing(cluster, 'orders.placed');
  await using single = keepPublishing(cluster, 'single.one');
  expect(await waitFor(() => single.acked > 200, { timeoutMs: 60_000 })).toBe(true);
});
afterAll(async () => {
  await place?.[Symbol.asyncDispose]();
});

/** What a node itself says that it holds of the stream. */
async function heldBy(
  name: string,
  stream: string,
): Promise<{ messages: number; last_seq: number } | undefined> {
  const page = await fetch(new URL('/jsz?accounts=1&streams=1', cluster.node(name).monitorUrl));
  const { account_details = [] } = (await page.json()) as {
    account_details?: { stream_detail?: { name: string; state: { messages: number; last_seq: number } }[] }[];
  };
  return account_details.flatMap((each) => each.stream_detail ?? []).find((each) => each.name === stream)
    ?.state;
}

/** A node that does not lead the stream. */
async function followerOf(stream: string): Promise<string> {
  const leader = await waitFor(() => place.scene.control.streamLeader(stream), { timeoutMs: 60_000 });
  return cluster.nodes.find(({ name }) => name !== leader)!.name;
}

async function homeOf(stream: string): Promise<string> {
  for (const { name } of cluster.nodes) {
    if ((await stores.files(name)).some((file) => file.stream === stream)) return name;
  }
  throw new Error(`nobody has ${stream}`);
}

describe('damage to the files of a node', () => {
  it.each(['undo', 'undoByData'] as const)(
    'is done to a copy that is kept, is run on, and is healed from the other replicas by %s',
    async (how) => {
      await using load = keepPublishing(cluster, 'orders.placed');
      const target = await followerOf('ORDERS');
      const cut = underTest(place.scene, fileTruncate, { stream: 'ORDERS', lose: '50%' }, [target]);
      const acked = load.acked;
      await cut.inject();
      expect(cut.records).toMatchObject([{ kind: 'rejoin-node', within: 'cluster', restore: [] }]);

      const during = await cut.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
      const [file, process] = during.looks;
      expect(file?.at).toMatch(new RegExp(`^${target} jetstream/EVENTS/streams/ORDERS/msgs/\\d+\\.blk$`));
      expect(file?.saw).toMatch(/^cut from [\d.]+ \S+ to [\d.]+ \S+, sha256 \w{12}… → \w{12}…; /);
      expect(process?.saw).toMatch(/runs$/);
      await expect.poll(() => load.acked).toBeGreaterThan(acked);

      expect(await cut[how]()).toMatchObject([{ undone: true }]);
      await cluster.startNode(target);
      expect(await cut.observe('after')).toMatchObject({ holds: true });
      await load[Symbol.asyncDispose]();
      // What nobody waited for any more may be stored after the last answer: both are asked again.
      await expect
        .poll(async () => {
          const leader = (await place.scene.control.streamLeader('ORDERS')) as string;
          const [own, theirs] = await Promise.all([heldBy(target, 'ORDERS'), heldBy(leader, 'ORDERS')]);
          return own !== undefined && own.messages > 0 && isDeepStrictEqual(own, theirs);
        })
        .toBe(true);
    },
  );

  it.each(STORE_FILE_CLASSES)('finds files of class %s, and heals', async (file) => {
    const target = await followerOf('ORDERS');
    if (file === 'snapshot' || file === 'meta-snapshot') {
      // A server writes them when it ends in order.
      await cluster.signal(target, 'SIGTERM');
      await waitFor(async () => (await cluster.lookAtProcess(target)).state === 'down', {
        timeoutMs: 30_000,
      });
      await cluster.startNode(target);
    }
    const flipped = underTest(place.scene, fileBitflip, { stream: 'ORDERS', file, files: 2 }, [target]);
    if (file === 'consumer') {
      await expect(flipped.inject()).rejects.toThrow(/has no consumer files of a stream ORDERS/);
      return;
    }
    await flipped.inject();
    const during = await flipped.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    await flipped.undo();
    const after = await flipped.observe('after');
    expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
  });

  it('is the same for the same seed, and goes back to the copy where there is no other replica', async () => {
    const target = await homeOf('SINGLE');
    const fileOf = async () =>
      readFile(
        (await stores.files(target)).find((each) => each.stream === 'SINGLE' && each.fileClass === 'blk')!
          .path,
      );
    const was = await fileOf();
    const bytes: Buffer[] = [];
    for (const seed of [7, 7, 8]) {
      const flipped = underTest(
        place.scene,
        fileBitflip,
        { stream: 'SINGLE', bits: 3, live: true, majority: true },
        [target],
        { seed },
      );
      await flipped.inject();
      expect(await flipped.observe('during')).toMatchObject({ holds: true });
      bytes.push(await fileOf());
      expect(await flipped.undo()).toMatchObject([{ undone: true }]);
      expect(await flipped.observe('after')).toMatchObject({ holds: true });
      expect((await fileOf()).equals(was)).toBe(true);
      const [record] = flipped.records;
      expect(record).toMatchObject({ remove: [], restore: expect.arrayContaining([]) });
    }
    expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
    expect(bytes[0]!.equals(bytes[2]!)).toBe(false);
    const bitsOf = (a: Buffer, b: Buffer) =>
      a.reduce((sum, byte, i) => sum + (byte ^ (b[i] as number)).toString(2).replaceAll('0', '').length, 0);
    expect(bitsOf(was, bytes[0] as Buffer)).toBe(3);
  });

  it('stays when it is not to be repaired', async () => {
    const target = await homeOf('SINGLE');
    const held = await heldBy(target, 'SINGLE');
    const cut = underTest(
      place.scene,
      fileTruncate,
      { stream: 'SINGLE', lose: '50%', majority: true, repair: false },
      [target],
    );
    await cut.inject();
    expect(cut.records).toMatchObject([{ kind: 'start-node' }]);
    expect(await cut.observe('during')).toMatchObject({ holds: true });
    expect(await cut.undo()).toMatchObject([{ undone: true }]);
    expect(await cut.observe('after')).toMatchObject({ holds: true });
    const left = await waitFor(() => heldBy(target, 'SINGLE'), { timeoutMs: 20_000 });
    expect(left?.messages).toBeLessThan(held?.messages as number);
  });

  it('is refused for more than a minority of the replicas, unless that is asked for', async () => {
    const two = underTest(place.scene, fileTruncate, { stream: 'ORDERS' }, ['n1', 'n2']);
    await expect(two.fault.prepare(two.context)).rejects.toThrow(
      '2 of the 3 replicas of ORDERS are no minority',
    );
    const single = underTest(place.scene, fileTruncate, { stream: 'SINGLE' }, [await homeOf('SINGLE')]);
    await expect(single.fault.prepare(single.context)).rejects.toThrow(
      '1 of the 1 replica of SINGLE is no minority',
    );
    const asked = underTest(place.scene, fileTruncate, { stream: 'ORDERS', majority: true }, ['n1', 'n2']);
    expect(await asked.fault.prepare(asked.context)).toHaveLength(2);
    expect(asked.fault.impact?.(asked.context)).toEqual({ down: ['n1', 'n2'], cuts: [] });
  });

  it('takes only files in stores of ours', async () => {
    const [file] = await stores.files('n1');
    const copy = join(place.scene.workDir, 'copy');
    await expect(stores.damage({ ...file!, path: '/etc/hostname' }, { truncateTo: 0 }, copy)).rejects.toThrow(
      /refused: .* is not below/,
    );
    await expect(stores.damage(file!, { truncateTo: 0 }, '/tmp/elsewhere')).rejects.toThrow(/refused/);
  });

  it('says what it takes', () => {
    expect(() => fileBitflip.schema.parse({ bits: 1, probability: '1%' })).toThrow(/not both/);
    expect(() => fileTruncate.schema.parse({ lose: '0%' })).toThrow(/a size such as 1KiB/);
    expect(() => fileTruncate.schema.parse({ file: 'dat' })).toThrow(/expected one of blk, index/);
  });
});
