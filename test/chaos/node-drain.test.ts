import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { nodeDrain } from '../../src/chaos/node-drain.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';

const place = clusterUnderFaults({ nodes: 3, auth: 'nkey', tls: true });

describe('node-drain', () => {
  it('has the leader tell its clients, hand on what it leads, and end, which is no crash', async () => {
    const metaLeader = () => place.scene.control.metaLeader();
    const leader = (await waitFor(metaLeader, { timeoutMs: 30_000 })) as string;
    const drained = new FaultUnderTest(place.scene, nodeDrain, {}, [leader], { forNs: 20e9 });
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
    expect(place.test.happened()).toContain(`${leader} ended`);
    expect(place.test.happened()).not.toContain(`${leader} crashed`);
  });

  it('has not taken hold when the server was killed instead: nobody was told', async () => {
    const drained = new FaultUnderTest(place.scene, nodeDrain, {}, ['n2']);
    expect(await drained.observe('before')).toMatchObject({ holds: true });
    await drained.fault.prepare(drained.context);
    await place.cluster.signal('n2', 'SIGKILL');
    const { holds, looks } = await drained.fault.observe(drained.context, 'during');
    expect(holds).toBe(false);
    expect(looks[0]).toEqual({ at: 'n2 a client of ours', saw: 'was told nothing' });
    await place.cluster.startNode('n2');
    expect(await drained.observe('after')).toMatchObject({ holds: true });
  });
});
