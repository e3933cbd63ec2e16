import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { bandwidth } from '../../src/chaos/bandwidth.js';
import { latency } from '../../src/chaos/latency.js';
import { limitData } from '../../src/chaos/limit-data.js';
import { packetSlicer } from '../../src/chaos/packet-slicer.js';
import { partition } from '../../src/chaos/partition.js';
import { reset } from '../../src/chaos/reset.js';
import { slowClose } from '../../src/chaos/slow-close.js';
import { timeout } from '../../src/chaos/timeout.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { FaultKind } from '../../src/contracts/fault.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, FaultUnderTest, faultScene } from '../support/fault-under-test.js';
import { withLyingLinks } from '../support/lying-links.js';

type Kind = FaultKind & { readonly schema: z.ZodType };

let test: ClusterTest;
let cluster: Cluster;
let scene: FaultScene;
beforeAll(async () => {
  test = await clusterTest();
  cluster = await test.start({ nodes: 3, jetstream: false }, { links: { routes: true, clients: true } });
  scene = await faultScene(cluster, test.runId);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

let faults = 0;
/** Each a fault of its own, as in a run. */
const fault = (kind: Kind, params: Record<string, unknown>, targets = ['n2'], on = scene) =>
  new FaultUnderTest(on, kind, kind.schema.parse(params) as Record<string, unknown>, targets, {
    id: `fault-${++faults}`,
  });

interface Bend {
  readonly name: string;
  readonly kind: Kind;
  readonly params: Record<string, unknown>;
}
const bend = (kind: Kind, params: Record<string, unknown>): Bend => ({ name: kind.kind, kind, params });

const ALL: readonly Bend[] = [
  bend(latency, { delay: '60ms', jitter: '20ms' }),
  bend(bandwidth, { rate: '500KB/s' }),
  bend(packetSlicer, { 'average-size': '64B', delay: '1ms' }),
  bend(slowClose, { delay: '200ms' }),
  bend(reset, {}),
  bend(timeout, { idle: '100ms' }),
  bend(limitData, { bytes: '64KiB' }),
];

describe('faults on links', () => {
  it.each(ALL)(
    '$name is seen on routes while it lies there, and is undone by data alone',
    async (each) => {
      const { kind, params } = each;
      const bent = fault(kind, { ...params, on: 'routes' });
      expect(kind.needsWith?.({ on: 'routes' })).toEqual(['route-links']);
      await bent.inject();
      const during = await bent.observe('during', 5_000);
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
      expect(await bent.fault.observe(bent.context, 'after')).toMatchObject({ holds: false });

      expect(await bent.undoByData()).toMatchObject([{ undone: true }]);
      // Whoever undoes by data is alone; here the links live, and would lay the effect anew should Toxiproxy die.
      await cluster.links?.lift(bent.context.id);
      const after = await bent.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
    },
    60_000,
  );

  it.each(ALL)(
    '$name is seen on clients while it lies there, and is undone by the cluster that lives',
    async (each) => {
      const { kind, params } = each;
      const bent = fault(kind, { ...params, on: 'clients' });
      expect(kind.needsWith?.({ on: 'clients' })).toEqual(['client-links']);
      await bent.inject();
      const during = await bent.observe('during', 5_000);
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });

      expect(await bent.undo()).toMatchObject([{ undone: true }]);
      const after = await bent.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
      expect(await bent.fault.observe(bent.context, 'during')).toMatchObject({ holds: false });
    },
    60_000,
  );
});

describe('evidence on links', () => {
  it.each([...ALL, bend(partition, {})])(
    '$name: is not taken in by what says that the effect lies there',
    async ({ kind, params }) => {
      const lying = { ...scene, cluster: withLyingLinks(cluster) };
      const links = kind.kind === 'partition' ? { between: 'both' } : { on: 'both' };
      const bent = fault(kind, { ...params, ...links }, ['n2'], lying);
      await bent.inject();
      const during = await bent.fault.observe(bent.context, 'during');
      const [said, ...seen] = during.looks;
      expect(said?.saw).toBe('whatever is asked for');
      expect(seen.length).toBeGreaterThan(0);
      expect(during.holds).toBe(false);
      expect(await bent.observe('after')).toMatchObject({ holds: true });
    },
  );

  it('leaves no connection of its own when the fault is over, or the run is interrupted', async () => {
    const ours = async () => {
      const counts = await scene.control.clientCounts();
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    };
    const before = await ours();
    const over = fault(latency, { delay: '10ms', on: 'both' });
    await over.observe('before');
    expect(await ours()).toBeGreaterThan(before);
    await over.observe('after');
    await expect.poll(ours).toBe(before);

    const end = new AbortController();
    const { id: _, ...context } = over.context;
    const cut = latency.create(latency.schema.parse({ delay: '10ms' }));
    const around = { ...context, id: 'fault-cut-short', signal: end.signal };
    await cut.observe(around, 'before');
    end.abort(new Error('Ctrl-C'));
    await cut.observe(around, 'during').catch(() => {});
    await expect.poll(ours).toBe(before);
  });
});

describe('parameters of faults on links', () => {
  it.each([
    [bend(latency, { delay: '10s' }), '2ms to 5s'],
    [bend(latency, { delay: '10ms', jitter: '20ms' }), 'no more jitter than delay'],
    [bend(latency, { delay: '10ms', on: 'gateways' }), 'routes, clients, both'],
    [bend(bandwidth, { rate: '1MiB' }), 'a rate in bytes with its unit'],
    [bend(bandwidth, { rate: '1KB/s' }), '10KB/s to 1GB/s'],
    [bend(packetSlicer, { delay: '1us' }), '100us to 100ms'],
    [bend(packetSlicer, { 'average-size': '64B', variation: '64B' }), 'less variation'],
    [bend(slowClose, { delay: '1m' }), '10ms to 5s'],
    [bend(reset, { delay: '5s' }), 'up to 2s'],
    [bend(timeout, { idle: '5s' }), '1ms to 2s'],
    [bend(limitData, { bytes: '1GiB' }), '1B to 4MiB'],
  ] as const)('$0.name of $0.params is refused', ({ kind, params }, why) => {
    const { success, error } = kind.schema.safeParse(params);
    expect(success).toBe(false);
    expect(error?.issues.map(({ message }) => message).join()).toContain(why);
  });

  it('cuts what no data takes, for the guard: a limit that is spent before the first message, too', () => {
    const cutsOf = (kind: Kind, params: Record<string, unknown>) => {
      const { fault: one, context } = fault(kind, params);
      return one.impact?.(context).cuts.length;
    };
    expect(cutsOf(latency, { delay: '1s', on: 'both' })).toBe(0);
    expect(cutsOf(timeout, { on: 'both' })).toBe(6);
    expect(cutsOf(reset, {})).toBe(4);
    expect(cutsOf(limitData, { bytes: '1KiB' })).toBe(4);
    expect(cutsOf(limitData, { bytes: '1MiB' })).toBe(0);
  });
});
