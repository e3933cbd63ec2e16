import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeDrain } from '../../src/chaos/node-drain.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, FaultUnderTest, faultScene } from '../support/fault-under-test.js';

let test: ClusterTest;
let cluster: Cluster;
let scene: FaultScene;
beforeAll(async () => {
  test = await clusterTest();
  cluster = await test.start({ nodes: 3, auth: 'nkey', tls: true });
  scene = await faultScene(cluster, test.runId);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

describe('node-drain', () => {
  it('has the leader tell its clients, hand on what it leads, and end, which is no crash', async () => {
    const leader = (await scene.control.metaLeader()) as string;
    const drained = new FaultUnderTest(scene, nodeDrain, {}, [leader], { forNs: 20e9 });
    await drained.inject();

    const { holds, looks } = await drained.observe('during');
    expect(holds).toBe(true);
    const saw = (what: string) => looks.filter(({ at }) => at.endsWith(what)).map((look) => look.saw);
    expect(saw('a client of ours')).toEqual(['was told of lame duck mode']);
    expect(saw('process')).toEqual(['no process runs']);
    expect(saw('meta leader')).toHaveLength(2);
    expect(saw('meta leader')).not.toContain(leader);

    expect(await drained.undo()).toMatchObject([{ undone: true }]);
    expect(await drained.observe('after')).toMatchObject({ holds: true });
    expect(test.happened()).toContain(`${leader} ended`);
    expect(test.happened()).not.toContain(`${leader} crashed`);
  });

  it('has not taken hold when the server was killed instead: nobody was told', async () => {
    const drained = new FaultUnderTest(scene, nodeDrain, {}, ['n2']);
    expect(await drained.observe('before')).toMatchObject({ holds: true });
    await drained.fault.prepare(drained.context);
    await cluster.signal('n2', 'SIGKILL');
    const { holds, looks } = await drained.fault.observe(drained.context, 'during');
    expect(holds).toBe(false);
    expect(looks[0]).toEqual({ at: 'n2 a client of ours', saw: 'was told nothing' });
    await cluster.startNode('n2');
    expect(await drained.observe('after')).toMatchObject({ holds: true });
  });
});
