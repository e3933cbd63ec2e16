import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slowDisk } from '../../src/chaos/slow-disk.js';
import type { StoreControl } from '../../src/contracts/stores.js';
import { mountAt, mountsBelow } from '../../src/processes/mounts.js';
import { readThrottle } from '../../src/processes/write-throttle.js';
import { type StoreScene, skipped, storeScene, THROTTLE_LACK, underTest } from '../support/store-scene.js';

describe.skipIf(THROTTLE_LACK !== undefined)(`slow-disk${skipped(THROTTLE_LACK)}`, () => {
  let place: StoreScene;
  let stores: StoreControl;
  beforeAll(async () => {
    place = await storeScene({ nodes: 1, volumes: { size: '64MiB' } }, 'loop');
    stores = place.cluster.stores as StoreControl;
  });
  afterAll(async () => {
    const { directory } = place.test;
    await place[Symbol.asyncDispose]();
    expect(await mountsBelow(directory)).toEqual([]);
  });

  it.each([
    { params: { writes: '10/s' }, kernel: '10/s writes', how: 'undo' },
    { params: { throughput: '256KiB/s' }, kernel: '256 KiB/s', how: 'undoByData' },
  ] as const)(
    'holds writes back by $params, measured on the disk itself; $how lets them go',
    async (each) => {
      const slow = underTest(place.scene, slowDisk, each.params, ['n1']);
      await slow.inject();
      // Not within the cluster: a bound outlives the servers, on a device that another will use.
      expect(slow.records).toMatchObject([{ kind: 'lift-throttle', mark: place.test.runId }]);
      expect(slow.records[0]).not.toHaveProperty('within');
      const during = await slow.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
      expect(during.looks[0]).toEqual({ at: 'n1 bound on writing', saw: `the kernel says ${each.kernel}` });
      expect(await slow.fault.observe(slow.context, 'after')).toMatchObject({ holds: false });

      expect(await slow[each.how]()).toMatchObject([{ undone: true }]);
      const after = await slow.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true, looks: [{ saw: 'none' }, {}] });
      expect(await slow[each.how]()).toMatchObject([{ undone: true }]);
    },
  );

  it('does not show where nothing holds writes back', async () => {
    const { fault, context } = underTest(place.scene, slowDisk, { writes: '20/s' }, ['n1']);
    expect(await fault.observe(context, 'during')).toMatchObject({ holds: false });
  });

  it('goes with the volume, so that nobody inherits it', async () => {
    const own = await storeScene({ nodes: 1, volumes: { size: '32MiB' } }, 'loop');
    const mount = await mountAt((await own.cluster.stores?.lookAtVolume('n1'))!.mountPoint);
    const slow = underTest(own.scene, slowDisk, { writes: '100/s' }, ['n1']);
    await slow.inject();
    expect(await readThrottle(mount!.device)).toEqual({ writesPerSec: 100 });
    await own[Symbol.asyncDispose]();
    expect(await readThrottle(mount!.device)).toEqual({});
    expect(await slow.undoByData()).toMatchObject([
      { undone: true, detail: expect.stringContaining('is gone') },
    ]);
  });

  it('needs a block device, not memory', async () => {
    await using own = await storeScene({ nodes: 1, volumes: { size: '32MiB' } }, 'tmpfs');
    const { fault, context } = underTest(own.scene, slowDisk, { writes: '20/s' }, ['n1']);
    await expect(fault.prepare(context)).rejects.toThrow('not on a block device');
    expect(await stores.lookAtVolume('n1')).toMatchObject({ kind: 'loop' });
  });
});

it('has to be told how slow, and says what the machine lacks', async () => {
  expect(() => slowDisk.schema.parse({})).toThrow(/say how slow/);
  expect(() => slowDisk.schema.parse({ throughput: '1KiB/s' })).toThrow(/from 16KiB/);
  const machine = {
    findVolumeLack: async () => undefined,
    findThrottleLack: async () => ({ what: 'no blkio', hint: 'mount it' }),
    findPowerLossLack: async () => undefined,
  };
  expect(await slowDisk.findLack({}, machine as never)).toMatchObject({ what: 'no blkio' });
});
