import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskFull } from '../../src/chaos/disk-full.js';
import { lookAtJetStream } from '../../src/chaos/jetstream-looks.js';
import type { StoreControl } from '../../src/contracts/stores.js';
import { mountsBelow } from '../../src/processes/mounts.js';
import {
  keepPublishing,
  type StoreScene,
  skipped,
  storeScene,
  underTest,
  VOLUME_LACK,
} from '../support/store-scene.js';

describe.skipIf(VOLUME_LACK !== undefined)(`disk-full${skipped(VOLUME_LACK)}`, () => {
  let place: StoreScene;
  let stores: StoreControl;
  beforeAll(async () => {
    place = await storeScene({ nodes: 3, volumes: { size: '64MiB' } }, 'tmpfs');
    stores = place.cluster.stores as StoreControl;
    await place.scene.control.createStreams([
      {
        name: 'ORDERS',
        subjects: ['orders.>'],
        config: { num_replicas: 3, storage: 'file', max_bytes: 4 * 1024 ** 2 },
      },
    ]);
  });
  afterAll(async () => {
    const { directory } = place.test;
    await place[Symbol.asyncDispose]();
    expect(await mountsBelow(directory)).toEqual([]);
  });

  it('records what undoes it without touching anything', async () => {
    const { fault, context } = underTest(place.scene, diskFull, {}, ['n2']);
    expect(await fault.prepare(context)).toMatchObject([
      { kind: 'rejoin-node', node: 'n2', within: 'cluster', remove: [stores.balloonOf('n2', 'fault-1')] },
    ]);
    expect(await fault.observe(context, 'during')).toMatchObject({ holds: false });
    expect(fault.impact?.(context)).toEqual({ down: ['n2'], cuts: [] });
    expect(await stores.lookAtVolume('n2')).toMatchObject({ kind: 'tmpfs', sizeBytes: 64 * 1024 ** 2 });
  });

  it.each(['undo', 'undoByData'] as const)(
    'stops JetStream on that server, and lets the others go on; %s makes room and brings it back',
    async (how) => {
      await using load = keepPublishing(place.cluster, 'orders.placed');
      const full = underTest(place.scene, diskFull, {}, ['n2']);
      await full.inject();

      const during = await full.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({
        holds: true,
        looks: [
          { at: 'n2 volume', saw: expect.stringMatching(/^[\d.]+ (B|KiB) of 64 MiB free$/) },
          { at: 'n2 process', saw: expect.stringMatching(/runs$/) },
          { at: 'n2 JetStream' },
          {
            at: 'n2 log',
            saw: expect.stringMatching(/ \[ERR\] .*(no space left|out of .*resources|write error)/),
          },
        ],
      });
      // The whole of JetStream stops, or the stream that could not be written to.
      const node = place.cluster.node('n2');
      await expect.poll(async () => (await lookAtJetStream(node)).saw).toMatch(/disabled|write error/);
      const acked = load.acked;
      await expect.poll(() => load.acked).toBeGreaterThan(acked);

      expect(await full[how]()).toMatchObject([{ undone: true }]);
      // The cluster learns of a process that it did not start when it is asked to start it.
      await place.cluster.startNode('n2');
      const after = await full.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
      expect(existsSync(stores.balloonOf('n2', 'fault-1'))).toBe(false);
      // What was done once may be done again.
      if (how === 'undo') expect(await full.undo()).toMatchObject([{ undone: true }]);
    },
  );

  it('leaves as much room as it was told to', async () => {
    const full = underTest(place.scene, diskFull, { left: '25%' }, ['n1']);
    expect(full.fault.impact?.(full.context)).toEqual({ down: [], cuts: [] });
    await full.inject();
    expect(await full.observe('during')).toMatchObject({
      holds: true,
      looks: [{ saw: '16 MiB of 64 MiB free' }, {}, { saw: '/healthz says ok' }, { saw: 'no failed write' }],
    });
    await full.undo();
    expect(await full.observe('after')).toMatchObject({ holds: true });
  });

  it('refuses a volume that has not even as much left', async () => {
    const { fault, context } = underTest(place.scene, diskFull, { left: '1GiB' }, ['n1']);
    await expect(fault.prepare(context)).rejects.toThrow(/only .* left before the fault/);
  });
});

it('needs the privilege to mount, and says what does without', async () => {
  const lack = { what: 'mounting needs root', hint: 'run it as root' };
  const machine = { findVolumeLack: async () => lack };
  expect(await diskFull.findLack({}, machine as never)).toMatchObject({
    what: 'mounting needs root',
    hint: expect.stringContaining('storage-limit'),
  });
  expect(() => diskFull.schema.parse({ left: 'some' })).toThrow(/a size such as 1MiB/);
});
