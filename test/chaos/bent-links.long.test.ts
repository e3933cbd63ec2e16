import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { bandwidth } from '../../src/chaos/bandwidth.js';
import { latency } from '../../src/chaos/latency.js';
import { limitData } from '../../src/chaos/limit-data.js';
import { packetSlicer } from '../../src/chaos/packet-slicer.js';
import { partition } from '../../src/chaos/partition.js';
import { reset } from '../../src/chaos/reset.js';
import { slowClose } from '../../src/chaos/slow-close.js';
import { timeout } from '../../src/chaos/timeout.js';
import type { FaultKind } from '../../src/contracts/fault.js';
import type { ServerAddress } from '../../src/contracts/load.js';
import { connectControl } from '../../src/nats/connect.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';
import { withLyingLinks } from '../support/lying-links.js';

type Kind = FaultKind & { readonly schema: z.ZodType };

const place = clusterUnderFaults(
  { nodes: 3, jetstream: false },
  { start: async () => ({ links: { routes: true, clients: true } }) },
);
/** Beside the one that asks, as the servers count them. */
async function clients(): Promise<number> {
  const counts = await place.scene.control.clientCounts();
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

let faults = 0;
/** Each a fault of its own, as in a run. */
const fault = (kind: Kind, params: Record<string, unknown>, targets = ['n2'], on = place.scene) =>
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
  it.each(ALL)('$name is seen on routes while it lies there, and is undone by data alone', async (each) => {
    const { kind, params } = each;
    const bent = fault(kind, { ...params, on: 'routes' });
    const isShaping = kind === latency || kind === bandwidth;
    expect(kind.needsWith?.({ on: 'routes' })).toEqual([isShaping ? 'route-shaping' : 'route-links']);
    await bent.inject();
    const during = await bent.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    expect(await bent.fault.observe(bent.context, 'after')).toMatchObject({ holds: false });

    expect(await bent.undoByData()).toMatchObject([{ undone: true }]);
    // Whoever undoes by data is alone; here the links live, and would lay the effect anew should Toxiproxy die.
    await place.cluster.links?.lift(bent.context.id);
    const after = await bent.observe('after');
    expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
  });

  it.each(ALL)(
    '$name is seen on clients while it lies there, and is undone by the cluster that lives',
    async (each) => {
      const { kind, params } = each;
      const bent = fault(kind, { ...params, on: 'clients' });
      expect(kind.needsWith?.({ on: 'clients' })).toEqual(['client-links']);
      await bent.inject();
      const during = await bent.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });

      expect(await bent.undo()).toMatchObject([{ undone: true }]);
      const after = await bent.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
      expect(await bent.fault.observe(bent.context, 'during')).toMatchObject({ holds: false });
      // Who looks again opens connections again.
      expect(await bent.observe('after')).toMatchObject({ holds: true });
    },
  );
});

describe('evidence on links', () => {
  it.each([bend(packetSlicer, { 'average-size': '64B', delay: '5ms' }), bend(bandwidth, { rate: '20KB/s' })])(
    '$name is seen on a route that the load has filled, too',
    async ({ kind, params }) => {
      const at = (node: number) =>
        connectControl(
          {
            ...place.cluster.observerAccess,
            servers: [place.cluster.observerAccess.servers[node] as ServerAddress],
          },
          { name: 'filler' },
        );
      const [from, to] = await Promise.all([at(0), at(1)]);
      let heard = 0;
      to.subscribe('filler', {
        callback: () => {
          heard++;
        },
      });
      const payload = new Uint8Array(32 * 1024);
      let sent = 0;
      const filling = setInterval(() => {
        from.publish('filler', payload);
        sent++;
      }, 20);
      const bent = fault(kind, params);
      try {
        await expect.poll(() => heard).toBeGreaterThan(0);
        await bent.inject();
        await expect.poll(() => sent - heard, { timeout: 30_000 }).toBeGreaterThan(30);
        const during = await bent.observe('during');
        expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
        expect(during.looks.find(({ saw }) => /waits behind/.test(saw))?.at).toMatch(/n1 → n2$/);
      } finally {
        clearInterval(filling);
        await bent.undo();
        expect(await bent.observe('after')).toMatchObject({ holds: true });
        await Promise.all([from.close(), to.close()]);
      }
    },
  );

  it.each([...ALL, bend(partition, {})])(
    '$name: is not taken in by what says that the effect lies there',
    async ({ kind, params }) => {
      const lying = { ...place.scene, cluster: withLyingLinks(place.cluster) };
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
    // A server notices a moment later that one has gone.
    await expect.poll(clients).toBe(0);
    const over = fault(latency, { delay: '10ms', on: 'both' });
    await over.observe('before');
    expect(await clients()).toBeGreaterThan(0);
    await over.observe('after');
    await expect.poll(clients).toBe(0);

    const end = new AbortController();
    const { id: _, ...context } = over.context;
    const cut = latency.create(latency.schema.parse({ delay: '10ms' }));
    const around = { ...context, id: 'fault-cut-short', signal: end.signal };
    await cut.observe(around, 'before');
    end.abort(new Error('Ctrl-C'));
    await cut.observe(around, 'during').catch(() => {});
    await expect.poll(clients).toBe(0);
  });
});

describe('parameters of faults on links', () => {
  it.each([
    { ...bend(latency, { delay: '10s' }), why: '2ms to 5s' },
    { ...bend(latency, { delay: '10ms', jitter: '20ms' }), why: 'no more jitter than delay' },
    { ...bend(latency, { delay: '10ms', on: 'gateways' }), why: 'routes, clients, both' },
    { ...bend(bandwidth, { rate: '1MiB' }), why: 'a rate in bytes with its unit' },
    { ...bend(bandwidth, { rate: '1KB/s' }), why: '10KB/s to 1GB/s' },
    { ...bend(packetSlicer, { delay: '1us' }), why: '100us to 100ms' },
    { ...bend(packetSlicer, { 'average-size': '64B', variation: '64B' }), why: 'less variation' },
    { ...bend(slowClose, { delay: '1m' }), why: '10ms to 5s' },
    { ...bend(reset, { delay: '5s' }), why: 'up to 2s' },
    { ...bend(timeout, { idle: '5s' }), why: '1ms to 2s' },
    { ...bend(limitData, { bytes: '1GiB' }), why: '1B to 4MiB' },
  ])('$name of $params is refused', ({ kind, params, why }) => {
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
