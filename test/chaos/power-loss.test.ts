import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { powerLoss } from '../../src/chaos/power-loss.js';
import {
  keepPublishing,
  POWER_LOSS_LACK,
  type StoreScene,
  skipped,
  storeScene,
  underTest,
} from '../support/store-scene.js';

const SINGLE = {
  name: 'SINGLE',
  subjects: ['single.>'],
  config: { storage: 'file', max_bytes: 4 * 1024 ** 2 },
};

describe.skipIf(POWER_LOSS_LACK !== undefined)(`a loss of power${skipped(POWER_LOSS_LACK)}`, () => {
  let place: StoreScene;
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
  });
  beforeAll(async () => {
    place = await storeScene({ nodes: 1 }, 'loop');
  });

  const publishSome = async () => {
    await using load = keepPublishing(place.cluster, 'single.one');
    await waitFor(() => load.acked > 50, { timeoutMs: 20_000 });
    return load.acked;
  };

  it('takes what the server had acknowledged and not flushed, again and again, and starts it on what is left', async () => {
    const { cluster } = place;
    for (const id of ['fault-1', 'fault-2']) {
      // That there is such a stream had not been flushed, either.
      await place.scene.control.createStreams([SINGLE]);
      await publishSome();
      const fault = underTest(place.scene, powerLoss, {}, ['n1'], { id });
      await fault.inject();
      const during = await fault.observe('during');
      expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
      expect(during.looks.find(({ at }) => at === 'n1 a file that was flushed')?.saw).toBe('is there');
      expect(during.looks.find(({ at }) => at === 'n1 a file that was not')?.saw).toBe('is gone');
      const store = during.looks.find(({ at }) => at === 'n1 store')?.saw;
      expect(store).toMatch(/^had \d+ files, .+; what had been flushed: /);
      expect(await fault.undo()).toMatchObject([{ undone: true }]);
      const after = await fault.observe('after');
      expect(after, JSON.stringify(after)).toMatchObject({ holds: true });
      expect((await cluster.lookAtProcess('n1')).state).toBe('running');
    }
  });
});
