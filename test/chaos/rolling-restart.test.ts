import { describe, expect, it } from 'vitest';
import { rollingRestart } from '../../src/chaos/rolling-restart.js';
import { rollingRestartSchema } from '../../src/chaos/rolling-restart-schema.js';
import type { NodeEvent } from '../../src/contracts/cluster.js';
import { readVarz } from '../../src/nats/endpoints.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { natsServerOfVersion } from '../support/nats-server.js';

const OTHER = '2.14.9';
// Built by the Go toolchain, where no run or test of this machine has needed it yet.
const BUILD_MS = 600_000;

const events: NodeEvent[] = [];
const place = clusterUnderFaults(
  { nodes: 3 },
  {
    start: async () => ({
      serverPaths: new Map([['2.14', await natsServerOfVersion(OTHER)]]),
      onNodeEvent: (event) => events.push(event),
    }),
    startWithinMs: BUILD_MS,
  },
);

const rolling = (params: Record<string, unknown>, signal?: AbortSignal) =>
  new FaultUnderTest(place.scene, rollingRestart, rollingRestartSchema.parse(params), ['n1', 'n2', 'n3'], {
    forNs: 0,
    ...(signal && { signal }),
  });
const versions = () =>
  Promise.all(
    place.cluster.nodes.map(async ({ monitorUrl }) => (await readVarz(monitorUrl as string)).version),
  );

describe('rolling-restart', () => {
  it('restarts one node after the other with another version, and proves of each that it did', async () => {
    const [own] = await versions();
    const rolled = rolling({ 'to-version': '2.14' });
    expect(rolled.fault.impact?.(rolled.context)).toEqual({
      down: ['n1', 'n2', 'n3'],
      oneAtATime: true,
      cuts: [],
    });
    expect(await rolled.fault.observe(rolled.context, 'during')).toMatchObject({ holds: false });
    events.length = 0;
    await rolled.inject();

    const { holds, looks } = await rolled.observe('during');
    expect(holds).toBe(true);
    expect(looks.slice(0, 3)).toEqual([
      { at: 'the others while n1 was down', saw: 'served by n2, n3' },
      { at: 'the others while n2 was down', saw: 'served by n1, n3' },
      { at: 'the others while n3 was down', saw: 'served by n1, n2' },
    ]);
    expect(
      looks.filter(({ saw }) => saw.startsWith(`${OTHER} since`) && saw.includes(`before: ${own}`)),
    ).toHaveLength(3);
    expect(await versions()).toEqual([OTHER, OTHER, OTHER]);
    // Nobody went before the one before was back.
    expect(events.filter(({ what }) => what !== 'ready').map(({ node, what }) => `${node} ${what}`)).toEqual(
      ['n1', 'n2', 'n3'].flatMap((node) => [`${node} ended`, `${node} started`]),
    );

    expect(await rolled.undo()).toMatchObject([{ undone: true }, { undone: true }, { undone: true }]);
    expect(await rolled.observe('after')).toMatchObject({ holds: true });
    // What was upgraded stays so.
    expect(await versions()).toEqual([OTHER, OTHER, OTHER]);
  });

  it('that is interrupted between two nodes leaves all of them running', async () => {
    const end = new AbortController();
    const rolled = rolling({ signal: 'SIGKILL', pause: '60s' }, end.signal);
    events.length = 0;
    const injection = rolled.inject();
    const n1IsBack = async () => events.some(({ node, what }) => node === 'n1' && what === 'ready');
    await expect.poll(n1IsBack).toBe(true);
    end.abort(new Error('interrupted'));
    await expect(injection).rejects.toThrow('interrupted');

    expect(await rolled.fault.observe(rolled.context, 'during')).toMatchObject({ holds: false });
    await rolled.undo();
    expect(await rolled.observe('after')).toMatchObject({ holds: true });
    expect(events.filter(({ what }) => what === 'ended')).toMatchObject([{ node: 'n1' }]);
  });

  it('refuses a version that nobody provided, and touches nothing then', async () => {
    const rolled = rolling({ 'to-version': '2.12.15' });
    events.length = 0;
    await expect(rolled.inject()).rejects.toThrow('nats-server 2.12.15 was not provided for this run');
    expect(await rolled.observe('after')).toMatchObject({ holds: true });
    expect(events).toEqual([]);
  });

  it('says which versions it needs, and takes nothing for one that is none', () => {
    expect(rollingRestart.serverVersions({ 'to-version': '2.14.9' })).toEqual(['2.14.9']);
    expect(rollingRestart.serverVersions({})).toEqual([]);
    expect(() => rollingRestartSchema.parse({ 'to-version': 'newest' })).toThrow(
      /expected a version of nats-server/,
    );
    expect(() => rollingRestartSchema.parse({ pause: 5 })).toThrow(/a duration with its unit/);
  });
});
