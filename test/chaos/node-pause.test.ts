import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { nodePause } from '../../src/chaos/node-pause.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import { isStopped } from '../../src/processes/identity.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';

const place = clusterUnderFaults({ nodes: 3 });

const pausing = (targets: string[]) => new FaultUnderTest(place.scene, nodePause, {}, targets);
const processOf = (name: string): ProcessIdentity => place.cluster.node(name).process as ProcessIdentity;
const down = async (name: string): Promise<boolean> =>
  (await place.cluster.lookAtProcess(name)).state === 'down';

describe('node-pause', () => {
  it('stops the process where it stands, is seen from outside, and undone from data alone', async () => {
    const paused = pausing(['n2']);
    const was = processOf('n2');
    expect(paused.fault.impact?.(paused.context)).toEqual({ down: ['n2'], cuts: [] });
    await paused.inject();
    expect(paused.records.map(({ kind }) => kind)).toEqual(['start-node', 'continue-process']);

    const { holds, looks } = await paused.observe('during');
    expect(holds).toBe(true);
    expect(looks.map(({ saw }) => saw)).toEqual([
      `process ${was.pid} is stopped`,
      expect.stringContaining('no answer within'),
      expect.stringContaining('no answer within'),
    ]);
    expect(await paused.fault.observe(paused.context, 'after')).toMatchObject({ holds: false });

    expect(await paused.undoByData()).toMatchObject([{ detail: 'continued' }, { undone: true }]);
    expect(await paused.observe('after')).toMatchObject({ holds: true });
    expect(processOf('n2')).toEqual(was);
    // Twice does no harm.
    expect(await paused.undoByData()).toMatchObject([{ undone: true }, { undone: true }]);
    expect(processOf('n2')).toEqual(was);
  });

  it('has not taken hold when somebody let the process go on', async () => {
    const paused = pausing(['n1']);
    await paused.inject();
    expect(await paused.observe('during')).toMatchObject({ holds: true });
    process.kill(processOf('n1').pid, 'SIGCONT');
    expect(await waitFor(() => !isStopped(processOf('n1')), { timeoutMs: 30_000 })).toBe(true);
    expect(await paused.fault.observe(paused.context, 'during')).toMatchObject({ holds: false });
    await paused.undo();
    expect(await paused.observe('after')).toMatchObject({ holds: true });
  });

  it('heals a node that died while it was paused: it is started again', async () => {
    const paused = pausing(['n3']);
    const was = processOf('n3');
    await paused.inject();
    process.kill(was.pid, 'SIGKILL');
    expect(await waitFor(() => down('n3'), { timeoutMs: 30_000 })).toBe(true);
    expect(await paused.fault.observe(paused.context, 'during')).toMatchObject({ holds: false });

    expect(await paused.undo()).toMatchObject([
      { undone: true, detail: 'the process has ended' },
      { undone: true, detail: 'node n3 was started' },
    ]);
    expect(await paused.observe('after')).toMatchObject({ holds: true });
    expect(processOf('n3')).not.toEqual(was);
    expect(place.test.happened()).toContain('n3 crashed');
  });

  it('refuses a node that is down already', async () => {
    await place.cluster.signal('n2', 'SIGKILL');
    const paused = pausing(['n2']);
    expect(await paused.fault.observe(paused.context, 'before')).toMatchObject({ holds: false });
    await expect(paused.fault.prepare(paused.context)).rejects.toThrow('node n2 is down already');
    await place.cluster.startNode('n2');
    expect(await paused.observe('before')).toMatchObject({ holds: true });
  });
});
