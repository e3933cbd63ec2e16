import { beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import { nodeAdd } from '../../src/chaos/node-add.js';
import { nodeRemove } from '../../src/chaos/node-remove.js';
import { readJsz } from '../../src/nats/endpoints.js';
import { clusterTest } from '../clusters/cluster-for-test.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest, faultScene } from '../support/fault-under-test.js';

const ORDERS = { name: 'ORDERS', subjects: ['orders.>'], config: { num_replicas: 3 } };

const place = clusterUnderFaults({ nodes: 3 });
beforeAll(async () => {
  await place.scene.control.createStreams([ORDERS]);
});

const names = () => place.cluster.nodes.map(({ name }) => name);
const adding = () => new FaultUnderTest(place.scene, nodeAdd, {}, names());
const removing = (targets: string[]) => new FaultUnderTest(place.scene, nodeRemove, {}, targets);
const metaSize = async (name: string) =>
  (await readJsz(place.cluster.node(name).monitorUrl as string)).meta_cluster?.cluster_size;
/** What each of the three that stay says: most of them are enough for the fault, and the last learns of it, too. */
const metaSizes = () => Promise.all(['n1', 'n2', 'n3'].map(metaSize)).catch(messageOf);
const THREE = [3, 3, 3];
const becomesSteady = () =>
  waitFor(async () => (await place.scene.control.steadyState([ORDERS])).steady, { timeoutMs: 30_000 });

describe('node-add', () => {
  it('lets a further node join, is seen by all others, and undone: none of them counts it any more', async () => {
    const added = adding();
    expect(added.fault.impact).toBeUndefined();
    await added.inject();
    expect(added.records).toMatchObject([{ kind: 'remove-node', node: 'n4', within: 'cluster' }]);
    expect(names()).toEqual(['n1', 'n2', 'n3', 'n4']);

    expect(await added.observe('during')).toMatchObject({ holds: true });
    // It holds when most of the others say so; the last of them learns of it, too.
    const views = async () =>
      (await added.observe('during')).looks.flatMap(({ at, saw }) => (at.endsWith('members') ? [saw] : []));
    const ofFour = expect.stringContaining('a meta group of 4: n1, n2, n3, n4');
    await expect.poll(views).toEqual([ofFour, ofFour, ofFour]);
    expect(await added.fault.observe(added.context, 'after')).toMatchObject({ holds: false });
    expect(await becomesSteady()).toBe(true);

    expect(await added.undo()).toMatchObject([{ undone: true, detail: 'node n4 was removed' }]);
    const after = await added.observe('after');
    expect(after).toMatchObject({ holds: true });
    expect(after.looks).toContainEqual({ at: 'n4 process', saw: 'no process runs' });
    expect(names()).toEqual(['n1', 'n2', 'n3']);
    await expect.poll(metaSizes).toEqual(THREE);
    // Twice does no harm.
    expect(await added.undo()).toMatchObject([{ undone: true }]);
    expect(await added.undoByData()).toMatchObject([{ undone: true, detail: 'n4 was not running' }]);
  });

  it('gives no name twice, and needs no injection to be undone', async () => {
    const [first, second] = [adding(), adding()];
    const records = [
      ...(await first.fault.prepare(first.context)),
      ...(await second.fault.prepare(second.context)),
    ];
    expect(records).toMatchObject([{ node: 'n5' }, { node: 'n6' }]);
    first.records = records.slice(0, 1);
    expect(await first.fault.observe(first.context, 'during')).toMatchObject({ holds: false });
    expect(await first.undo()).toMatchObject([{ undone: true }]);
    expect(await first.observe('after')).toMatchObject({ holds: true });
  });

  it('is ended from data alone, which says that the others go on counting it', async () => {
    const added = adding();
    await added.inject();
    expect(await added.observe('during')).toMatchObject({ holds: true });
    const [outcome] = await added.undoByData();
    expect(outcome).toMatchObject({
      undone: false,
      detail: expect.stringMatching(/n7 was ended; .* still count n7/),
    });
    expect((await place.cluster.lookAtProcess('n7')).state).toBe('down');

    expect(await added.undo()).toMatchObject([{ undone: true }]);
    expect(await added.observe('after')).toMatchObject({ holds: true });
    await expect.poll(metaSizes).toEqual(THREE);
    expect(await added.undoByData()).toMatchObject([{ undone: true }]);
  });
});

describe('node-remove', () => {
  it('takes a node out for good; another server, with a name and a store of its own, takes its place', async () => {
    expect(await becomesSteady()).toBe(true);
    const leader = () => place.scene.control.streamLeader('ORDERS');
    const victim = (await waitFor(leader, { timeoutMs: 30_000 })) as string;
    const removed = removing([victim]);
    const { storeDir } = place.cluster.node(victim);
    await removed.inject();
    expect(removed.records).toMatchObject([{ kind: 'start-node', node: victim }]);
    expect(names()).not.toContain(victim);

    const { holds, looks } = await removed.observe('during');
    expect(holds).toBe(true);
    expect(looks.filter(({ at }) => at.endsWith('members'))).toHaveLength(2);
    expect(looks.map(({ saw }) => saw).join()).toContain('a meta group of 2');

    expect(await removed.undo()).toMatchObject([{ undone: true }]);
    expect(await removed.observe('after')).toMatchObject({ holds: true });
    expect(place.cluster.node(victim).serverName).toBe(`${victim}-2`);
    expect(place.cluster.node(victim).storeDir).not.toBe(storeDir);
    expect(names()).toEqual(['n1', 'n2', 'n3']);
    await expect.poll(metaSizes).toEqual(THREE);
  });

  it('leaves a system that fills the new server with what the old one had, and knows it by its node', async () => {
    expect(await becomesSteady()).toBe(true);
    const { control } = place.scene;
    const peers = async () =>
      (await control.raftGroups()).find(({ name }) => name === 'stream ORDERS')?.peers;
    await expect.poll(peers).toEqual(['n1', 'n2', 'n3']);
    await expect.poll(async () => names().includes((await control.metaLeader()) as string)).toBe(true);
    await expect
      .poll(async () => names().includes((await control.streamLeader('ORDERS')) as string))
      .toBe(true);
    // The one that was ended from outside, as the watchdog would have.
    expect(place.test.happened().filter((what) => what.endsWith('crashed'))).toEqual(['n7 crashed']);
  });

  it('does it again with the server that came in the place of another', async () => {
    const victim = names().find((name) => place.cluster.node(name).serverName !== name) as string;
    const removed = removing([victim]);
    await removed.inject();
    expect(await removed.observe('during')).toMatchObject({ holds: true });
    expect(await removed.undo()).toMatchObject([{ undone: true }]);
    expect(await removed.observe('after')).toMatchObject({ holds: true });
    expect(place.cluster.node(victim).serverName).toBe(`${victim}-3`);
  });
});

describe('a cluster of one server', () => {
  it('is neither joined nor left', async () => {
    await using single = await clusterTest();
    await using alone = await single.start({ nodes: 1 });
    await using scene = await faultScene(alone, single.runId);
    for (const kind of [nodeAdd, nodeRemove]) {
      const { fault, context } = new FaultUnderTest(scene, kind, {}, ['n1']);
      await expect(fault.prepare(context)).rejects.toThrow('a single server has no cluster');
    }
  });
});

describe('a cluster whose links can be cut', () => {
  it('has a server take the place of another after a further one has come and gone', async () => {
    await using linked = await clusterTest();
    await using three = await linked.start({ nodes: 3 }, { links: { routes: true, clients: true } });
    await using scene = await faultScene(three, linked.runId);
    const added = new FaultUnderTest(scene, nodeAdd, {}, ['n1', 'n2', 'n3']);
    await added.inject();
    expect(await added.observe('during')).toMatchObject({ holds: true });
    expect(await added.undo()).toMatchObject([{ undone: true }]);

    const removed = new FaultUnderTest(scene, nodeRemove, {}, ['n2']);
    await removed.inject();
    expect(await removed.observe('during')).toMatchObject({ holds: true });
    expect(await removed.undo()).toMatchObject([{ undone: true }]);
    expect(await removed.observe('after')).toMatchObject({ holds: true });
    expect(three.node('n2').serverName).toBe('n2-2');
  });
});
