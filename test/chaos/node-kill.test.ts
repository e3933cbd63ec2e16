import { describe, expect, it } from 'vitest';
import { nodeKill } from '../../src/chaos/node-kill.js';
import type { ClusterNode, ProcessIdentity } from '../../src/contracts/cluster.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { standsStill } from '../support/pause-process.js';

const place = clusterUnderFaults({ nodes: 3 });

const killing = (targets: string[], params = {}) =>
  new FaultUnderTest(place.scene, nodeKill, params, targets);
const processOf = (name: string): ProcessIdentity => place.cluster.node(name).process as ProcessIdentity;

/** Refused; or, on a connection that a look before has left open, cut while it was asked. */
const NO_ANSWER = /^(ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/;

describe('node-kill', () => {
  it('is recorded without touching anything', async () => {
    const before = processOf('n2');
    const { fault, context } = killing(['n2']);
    const records = await fault.prepare(context);

    expect(records).toMatchObject([
      { kind: 'start-node', node: 'n2', within: 'cluster', mark: place.test.runId },
    ]);
    expect(processOf('n2')).toEqual(before);
    expect(await fault.observe(context, 'before')).toMatchObject({ holds: true });
    expect(await fault.observe(context, 'during')).toMatchObject({ holds: false });
    expect(fault.impact?.(context)).toEqual({ down: ['n2'], cuts: [] });
  });

  it.each(['SIGKILL', 'SIGTERM'])(
    'ends the server by %s, is seen from outside, and undone',
    async (signal) => {
      const killed = killing(['n2'], { signal });
      const { clientPort, monitorUrl } = killed.context.targets[0] as ClusterNode;
      const was = processOf('n2');
      await killed.inject();

      expect(await killed.observe('during')).toEqual({
        holds: true,
        looks: [
          { at: 'n2 process', saw: 'no process runs' },
          { at: `n2 client port ${clientPort}`, saw: 'connection refused' },
          { at: `n2 ${monitorUrl}/healthz?js-server-only=true`, saw: expect.stringMatching(NO_ANSWER) },
        ],
      });
      expect(await killed.fault.observe(killed.context, 'after')).toMatchObject({ holds: false });

      expect(await killed.undo()).toMatchObject([{ undone: true }]);
      expect(await killed.observe('after')).toEqual({
        holds: true,
        looks: [
          { at: 'n2 process', saw: `process ${processOf('n2').pid} runs` },
          { at: `n2 client port ${clientPort}`, saw: 'accepts, and sends INFO' },
          { at: `n2 ${monitorUrl}/healthz?js-server-only=true`, saw: 'status 200: {"status":"ok"}' },
        ],
      });
      expect(processOf('n2').pid).not.toBe(was.pid);
    },
  );

  it('has not taken hold when somebody started the server again at once', async () => {
    const killed = killing(['n1']);
    await killed.inject();
    await place.cluster.startNode('n1');
    expect(await killed.observe('after')).toMatchObject({ holds: true });
    expect(await killed.fault.observe(killed.context, 'during')).toMatchObject({ holds: false });
  });

  it('is not gone while the server that was started again does not answer', async () => {
    const killed = killing(['n3']);
    await killed.inject();
    await place.cluster.startNode('n3');
    expect(await killed.observe('after')).toMatchObject({ holds: true });
    await place.cluster.signal('n3', 'SIGSTOP');
    await standsStill(place.cluster.node('n3').process?.pid as number);

    const evidence = await killed.fault.observe(killed.context, 'after');
    expect(evidence.holds).toBe(false);
    expect(evidence.looks.map(({ saw }) => saw).join()).toContain('no answer');
    expect(await killed.fault.observe(killed.context, 'before')).toMatchObject({ holds: false });
    await place.cluster.signal('n3', 'SIGCONT');
    expect(await killed.observe('after')).toMatchObject({ holds: true });
  });

  it('hits several nodes, and has taken hold when all of them are down', async () => {
    const killed = killing(['n1', 'n3']);
    await killed.inject();
    const during = await killed.observe('during');
    expect(during.holds).toBe(true);
    expect(during.looks).toHaveLength(6);

    await place.cluster.startNode('n1');
    expect(await killed.fault.observe(killed.context, 'during')).toMatchObject({ holds: false });
    await killed.undo();
    expect(await killed.observe('after')).toMatchObject({ holds: true });
  });

  it('refuses a node that is down already, before anything is recorded', async () => {
    const killed = killing(['n2']);
    await killed.inject();
    const again = killing(['n2']);
    expect(await again.fault.observe(again.context, 'before')).toMatchObject({ holds: false });
    await expect(again.fault.prepare(again.context)).rejects.toThrow('node n2 is down already');
    await killed.undo();
    expect(await killed.observe('after')).toMatchObject({ holds: true });
  });

  it('takes no parameters but the ones it has', () => {
    expect(() => nodeKill.create({ signal: 'SIGHUP' })).toThrow(/SIGKILL or SIGTERM/);
    expect(() => nodeKill.create({ sginal: 'SIGTERM' })).toThrow();
    expect(nodeKill.schema.parse({})).toEqual({ signal: 'SIGKILL' });
  });
});
