import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeKill } from '../../src/chaos/node-kill.js';
import { nodeRestart } from '../../src/chaos/node-restart.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';

const place = clusterUnderFaults({ nodes: 2 });

describe('node-restart', () => {
  it.each(['SIGTERM', 'SIGKILL'])('ends the server by %s and starts it again at once', async (signal) => {
    const restart = new FaultUnderTest(place.scene, nodeRestart, { signal }, ['n2'], { forNs: 0 });
    const { instance } = await place.cluster.lookAtProcess('n2');
    expect(await restart.fault.observe(restart.context, 'during')).toMatchObject({ holds: false });
    await restart.inject();

    const { holds, looks } = await restart.observe('during');
    expect(holds).toBe(true);
    expect(looks.map(({ saw }) => saw)).toEqual([
      expect.stringMatching(/^process \d+ runs$/),
      expect.stringMatching(/^\d+\.\d+\.\d+ since \S+, before: \d+\.\d+\.\d+ since \S+$/),
    ]);
    expect((await place.cluster.lookAtProcess('n2')).instance).not.toBe(instance);

    const after = await place.cluster.lookAtProcess('n2');
    expect(await restart.undo()).toMatchObject([{ undone: true }]);
    expect(await restart.observe('after')).toMatchObject({ holds: true });
    // Nothing was left to be undone.
    expect((await place.cluster.lookAtProcess('n2')).instance).toBe(after.instance);
    expect(place.test.happened()).not.toContain('n2 crashed');
  });

  it('has had no effect on a server that is still the same', async () => {
    const restart = new FaultUnderTest(place.scene, nodeRestart, {}, ['n1'], { forNs: 0 });
    await restart.fault.prepare(restart.context);
    expect(await restart.fault.observe(restart.context, 'during')).toMatchObject({ holds: false });
  });
});

describe('a node that will not start again', () => {
  it("is not undone, in the server's own words, and is when what kept it is gone", async () => {
    const killed = new FaultUnderTest(place.scene, nodeKill, {}, ['n1']);
    await killed.inject();
    expect(await killed.observe('during')).toMatchObject({ holds: true });
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      squatter.listen({ host: '127.0.0.1', port: place.cluster.node('n1').clientPort }, resolve);
    });
    try {
      const words = expect.stringMatching(/ended (again )?at once.*address already in use/s);
      expect(await killed.undo()).toMatchObject([{ undone: false, detail: words }]);
      expect(await killed.undoByData()).toMatchObject([{ undone: false, detail: words }]);
      expect(await killed.fault.observe(killed.context, 'after')).toMatchObject({ holds: false });
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
    expect(await killed.undo()).toMatchObject([{ undone: true }]);
    expect(await killed.observe('after')).toMatchObject({ holds: true });
  });
});
