import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { latency } from '../../src/chaos/latency.js';
import { partition } from '../../src/chaos/partition.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { Evidence, FaultContext } from '../../src/contracts/fault.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, FaultUnderTest, faultScene } from '../support/fault-under-test.js';

interface Place {
  readonly test: ClusterTest;
  readonly cluster: Cluster;
  readonly scene: FaultScene;
}

async function placeOf(nodes: number): Promise<Place> {
  const test = await clusterTest();
  const config = { ping_interval: '1s' };
  const links = { routes: true, clients: nodes === 3 };
  const cluster = await test.start({ nodes, jetstream: false, config }, { links });
  return { test, cluster, scene: await faultScene(cluster, test.runId) };
}

async function leave(place: Place | undefined): Promise<void> {
  await place?.scene[Symbol.asyncDispose]();
  await place?.cluster[Symbol.asyncDispose]();
  await place?.test[Symbol.asyncDispose]();
}

const made: FaultUnderTest[] = [];
const cutting = (
  { scene }: Place,
  params: Record<string, unknown>,
  targets: string[],
  options: Partial<FaultContext> = {},
) => {
  const id = `fault-${made.length + 1}`;
  const cut = new FaultUnderTest(scene, partition, partition.schema.parse(params), targets, {
    id,
    ...options,
  });
  made.push(cut);
  return cut;
};
// What a test that failed has cut is not cut in the next.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const cut of made) await cut.undo();
});

/** Of the ways that are not cut, all that a canary came along before: on a busy machine one may have been late then. */
const ALL_CROSS = /^([1-9]\d*) of \1 cross$/;

/** The other fault on a way excuses what is late there: only what crossed before is told as lost. */
const allCross = ({ looks }: Evidence) =>
  looks.every(({ at, saw }) => !at.startsWith('canary ') || saw.startsWith('crosses in'));

const sawAt = ({ looks }: Evidence, at: string) => looks.find((look) => look.at === at)?.saw;
const lost = ({ looks }: Evidence) =>
  looks
    .filter(({ at, saw }) => at.startsWith('canary ') && saw === 'does not cross')
    .map(({ at }) => at.slice('canary '.length))
    .sort();
const bothWays = (...pairs: string[]) =>
  pairs.flatMap((pair) => [pair, pair.split(' → ').reverse().join(' → ')]).sort();

describe('a partition of three nodes', () => {
  let place: Place;
  beforeAll(async () => {
    place = await placeOf(3);
  });
  afterAll(() => leave(place));

  it.each([
    ['drop', 'by data alone', /in_msgs stand still at \d+/],
    ['reject', 'by the cluster that lives', /there is none/],
  ])('isolates a node by %s, seen on both sides of the cut, and is undone %s', async (how, undo, routes) => {
    const cut = cutting(place, { how }, ['n2']);
    expect(cut.fault.impact?.(cut.context).cuts).toHaveLength(4);
    await cut.inject();
    const during = await cut.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(lost(during)).toEqual(bothWays('n1 → n2', 'n2 → n3'));
    expect(sawAt(during, 'n1 /routez, route to n2')).toMatch(routes);
    expect(sawAt(during, 'n2 /routez, route to n1')).toMatch(routes);
    expect(sawAt(during, 'canaries on ways that are not cut')).toMatch(ALL_CROSS);
    expect(await cut.fault.observe(cut.context, 'after')).toMatchObject({ holds: false });

    const outcomes = undo === 'by data alone' ? await cut.undoByData() : await cut.undo();
    expect(outcomes).toMatchObject([{ undone: true }]);
    await place.cluster.links?.lift(cut.context.id);
    expect(await cut.observe('after')).toMatchObject({ holds: true });
    expect(await cut.fault.observe(cut.context, 'during')).toMatchObject({ holds: false });
  });

  it('cuts one way only', async () => {
    const cut = cutting(place, { shape: 'one-way' }, ['n1']);
    await cut.inject();
    const during = await cut.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(lost(during)).toEqual(['n1 → n2', 'n1 → n3']);
    // The servers' own pings notice soon, and give up the routes that the cut left one way: on those nothing can cross then.
    expect(sawAt(during, 'canaries on ways that are not cut')).toMatch(ALL_CROSS);
    await cut.undo();
    expect(await cut.observe('after')).toMatchObject({ holds: true });
  });

  it('cuts clients off, and leaves the routes alone', async () => {
    const cut = cutting(place, { between: 'clients', how: 'reject' }, ['n3']);
    await cut.inject();
    const during = await cut.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(lost(during)).toEqual(['clients → n3', 'n3 → clients']);
    await cut.undo();
    expect(await cut.observe('after')).toMatchObject({ holds: true });
  });

  it('overlaps with a latency, and each is proven and undone by itself', async () => {
    const { scene } = place;
    const slow = new FaultUnderTest(scene, latency, latency.schema.parse({ delay: '80ms' }), ['n2'], {
      id: 'fault-slow',
    });
    const cut = cutting(place, { shape: 'pair' }, ['n1', 'n2']);
    await slow.inject();
    expect(await slow.observe('during')).toMatchObject({ holds: true });
    await cut.inject({ shows: allCross });
    const during = await cut.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(lost(during)).toEqual(bothWays('n1 → n2'));

    await slow.undo();
    const over = await slow.observe('after');
    expect(over, JSON.stringify(over)).toMatchObject({ holds: true });
    expect(sawAt(over, 'canary n1 → n2')).toBe(`does not come: ${cut.context.id} lies on it, too`);
    expect(await cut.observe('during')).toMatchObject({ holds: true });

    await cut.undo();
    expect(await cut.observe('after')).toMatchObject({ holds: true });
    await slow.observe('after');
  });

  it('overlaps with another partition: what that cuts is held against neither', async () => {
    const first = cutting(place, {}, ['n1']);
    const second = cutting(place, {}, ['n2']);
    await first.inject();
    expect(await first.observe('during')).toMatchObject({ holds: true });
    const before = await second.observe('before');
    expect(sawAt(before, 'canary n2 → n1')).toBe(`does not cross: ${first.context.id} lies on it, too`);
    await second.inject();
    const during = await second.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(lost(during)).toEqual(bothWays('n2 → n3'));

    await first.undo();
    const after = await first.observe('after');
    expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
    expect(sawAt(after, 'canary n1 → n2')).toBe(`does not cross: ${second.context.id} lies on it, too`);
    expect(sawAt(after, 'canary n1 → n3')).toMatch(/^crosses in/);
    await second.undo();
    expect(await second.observe('after')).toMatchObject({ holds: true });
  });

  it('would prove nothing where nothing crosses before', async () => {
    const first = cutting(place, { how: 'reject' }, ['n1']);
    await first.inject();
    await first.observe('during');
    const again = cutting(place, {}, ['n1']);
    expect(await again.fault.observe(again.context, 'before')).toMatchObject({ holds: false });
    await first.undo();
    expect(await first.observe('after')).toMatchObject({ holds: true });
  });

  it('says which targets make no sense', async () => {
    const all = cutting(place, { shape: 'one-way' }, ['n1', 'n2', 'n3']);
    await expect(all.fault.prepare(all.context)).rejects.toThrow('every node is a target');
    const three = cutting(place, { shape: 'pair' }, ['n1', 'n2', 'n3']);
    await expect(three.fault.observe(three.context, 'before')).rejects.toThrow('two nodes at most');
  });

  it.each([
    [{ shape: 'one-way', how: 'reject' }, 'one way of a connection cannot be rejected'],
    [{ shape: 'pair', between: 'clients' }, 'the shape pair is one of links between nodes'],
    [{ shape: 'majorities-ring', between: 'both' }, 'between: routes'],
    [{ shape: 'ring' }, 'expected one of isolate, majority, majorities-ring, pair, one-way'],
    [{ how: 'refuse' }, 'expected drop or reject'],
  ])('refuses %j', (params, why) => {
    expect(() => partition.schema.parse(params)).toThrow(why);
  });
});

describe('a partition of five nodes', () => {
  let place: Place;
  beforeAll(async () => {
    place = await placeOf(5);
  });
  afterAll(() => leave(place));

  it('lets everybody see a majority, and no two the same', async () => {
    const all = place.cluster.nodes.map(({ name }) => name);
    const cut = cutting(place, { shape: 'majorities-ring' }, all);
    await cut.inject();
    const during = await cut.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    // Each of five has lost two of the four others.
    expect(lost(during)).toHaveLength(10);
    for (const name of all) expect(lost(during).filter((way) => way.startsWith(`${name} `))).toHaveLength(2);
    expect(sawAt(during, 'canaries on ways that are not cut')).toMatch(ALL_CROSS);
    await cut.undo();
    expect(await cut.observe('after')).toMatchObject({ holds: true });
  });

  it('splits off a minority that is drawn by the seed', async () => {
    const all = place.cluster.nodes.map(({ name }) => name);
    const [one, same] = [
      cutting(place, { shape: 'majority' }, all),
      cutting(place, { shape: 'majority' }, all),
    ];
    expect(one.fault.impact?.(one.context)).toEqual(same.fault.impact?.(same.context));
    await one.inject();
    const during = await one.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    // Two on one side, three on the other.
    expect(lost(during)).toHaveLength(12);
    await one.undo();
    expect(await one.observe('after')).toMatchObject({ holds: true });
  });
});
