import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clockSkew } from '../../src/chaos/clock-skew.js';
import { storageLimit } from '../../src/chaos/storage-limit.js';
import type { StoreControl } from '../../src/contracts/stores.js';
import { keepPublishing, type StoreScene, storeScene, underTest } from '../support/store-scene.js';

describe('storage-limit', () => {
  let place: StoreScene;
  let stores: StoreControl;
  beforeAll(async () => {
    place = await storeScene({ nodes: 3, jetstream: { 'max-storage': '1GiB' }, auth: 'user' });
    stores = place.cluster.stores as StoreControl;
    const limits = { storage: 'file', num_replicas: 3, max_bytes: 8 * 1024 ** 2 };
    await place.scene.control.createStreams([{ name: 'ORDERS', subjects: ['orders.>'], config: limits }]);
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
  });

  it.each(['undo', 'undoByData'] as const)(
    'has the server refuse writes for the lack of resources, and the others go on; %s takes the limit off',
    async (how) => {
      await using load = keepPublishing(place.cluster, 'orders.placed');
      const { to: settings } = stores.settingsCopy('n3', 'fault-1');
      const was = await readFile(settings, 'utf8');
      const limit = underTest(place.scene, storageLimit, {}, ['n3']);
      expect(await limit.fault.prepare(limit.context)).toMatchObject([
        { kind: 'remove-stream', stream: 'STORMGLASS_fault-1_n3', mark: place.test.runId, within: 'cluster' },
        { kind: 'rejoin-node', node: 'n3', remove: [], within: 'cluster' },
      ]);
      expect(await limit.fault.observe(limit.context, 'during')).toMatchObject({ holds: false });
      expect(limit.fault.impact?.(limit.context)).toEqual({ down: ['n3'], cuts: [] });
      await limit.inject();

      const during = await limit.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({
        holds: true,
        looks: [
          { at: 'n3 process' },
          { at: 'n3 /jsz', saw: expect.stringMatching(/^its streams take up .*, its limit is [\d.]+ /) },
          {
            at: 'n3 stream STORMGLASS_fault-1_n3',
            saw: 'a write was refused: insufficient resources (10023)',
          },
        ],
      });
      expect((await stat(settings)).mode & 0o777).toBe(0o600);
      const acked = load.acked;
      await expect.poll(() => load.acked).toBeGreaterThan(acked);

      // Streams are removed by who the living run is, which the data do not say.
      const outcomes = await limit[how]();
      expect(outcomes[0]).toMatchObject({ undone: true, record: { kind: 'rejoin-node' } });
      await place.cluster.startNode('n3');
      const after = await limit.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
      expect(await readFile(settings, 'utf8')).toBe(was);
      await place.scene.control.removeStreams(['STORMGLASS_fault-1_n3']);
    },
  );
});

it('says before anything is started that no machine can shift one clock', async () => {
  expect(await clockSkew.findLack()).toMatchObject({ what: expect.stringContaining('clock') });
  expect(clockSkew.schema.parse({ by: '5m' })).toEqual({ by: 300e9 });
});
