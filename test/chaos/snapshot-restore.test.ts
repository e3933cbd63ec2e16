import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { snapshotRestore } from '../../src/chaos/snapshot-restore.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { StoreControl } from '../../src/contracts/stores.js';
import { clusterWith } from '../support/cluster-with.js';
import { keepPublishing, type StoreScene, storeScene, underTest } from '../support/store-scene.js';

let place: StoreScene;
let cluster: Cluster;
beforeAll(async () => {
  place = await storeScene({ nodes: 1 });
  cluster = place.cluster;
  await place.scene.control.createStreams([
    { name: 'SINGLE', subjects: ['single.>'], config: { storage: 'file', max_bytes: 4 * 1024 ** 2 } },
  ]);
  await using single = keepPublishing(cluster, 'single.one');
  await waitFor(() => single.acked > 100, { timeoutMs: 20_000 });
});
afterAll(async () => {
  await place?.[Symbol.asyncDispose]();
});

const lastSequence = async (): Promise<number> => {
  const page = await fetch(new URL('/jsz?accounts=1&streams=1', cluster.node('n1').monitorUrl));
  const { account_details = [] } = (await page.json()) as {
    account_details?: { stream_detail?: { name: string; state: { last_seq: number } }[] }[];
  };
  const streams = account_details.flatMap((each) => each.stream_detail ?? []);
  return streams.find(({ name }) => name === 'SINGLE')?.state.last_seq ?? 0;
};

/** The cluster, whose server is killed only when the test lets it: whatever is acknowledged meanwhile the copy lacks. */
function holdKill() {
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let isDue = false;
  const signal: Cluster['signal'] = async (name, signal) => {
    if (signal === 'SIGKILL') {
      isDue = true;
      await held;
    }
    await cluster.signal(name, signal);
  };
  return { cluster: clusterWith(cluster, { signal }), isDue: () => isDue, letGo };
}

const rollback = (repair: boolean, ageMs: number, on = cluster) =>
  underTest(
    { ...place.scene, cluster: on },
    snapshotRestore,
    { stream: 'SINGLE', age: `${ageMs}ms`, majority: true, repair },
    ['n1'],
    { id: `fault-${repair}` },
  );

describe('a stream that is put back to what it was', () => {
  it.each([
    ['by undoing it is what it was before it was put back', true],
    ['and, without repair, stays so', false],
  ])('has lost what came since its copy was taken; %s', async (_, repair) => {
    const kill = holdKill();
    const fault = rollback(repair, 100, kill.cluster);
    let latest = 0;
    {
      await using load = keepPublishing(cluster, 'single.one');
      const injecting = fault.inject();
      await expect.poll(kill.isDue).toBe(true);
      const acked = load.acked;
      await expect.poll(() => load.acked).toBeGreaterThan(acked + 20);
      await load[Symbol.asyncDispose]();
      latest = await lastSequence();
      kill.letGo();
      await injecting;
    }
    const during = await fault.observe('during');
    expect(during, JSON.stringify(during)).toMatchObject({ holds: true });
    const store = during.looks.find(({ at }) => at === 'n1 streams/SINGLE')?.saw;
    expect(store).toMatch(/^was \d+ files, .+, put back: \d+ files, .+sha256 \w{12}…$/);
    // A server that is still reading its store does not list the stream yet.
    await expect.poll(lastSequence).toBeGreaterThan(0);
    const rolledBackTo = await lastSequence();
    expect(rolledBackTo).toBeLessThan(latest);

    expect(await fault.undo()).toMatchObject([{ undone: true }]);
    expect(await fault.observe('after')).toMatchObject({ holds: true });
    if (repair) await expect.poll(lastSequence).toBeGreaterThanOrEqual(latest);
    else await expect.poll(lastSequence).toBe(rolledBackTo);
  });

  it('is refused where the copy could not be old enough in time', async () => {
    const fault = rollback(true, 5_000);
    await expect(fault.fault.prepare(fault.context)).rejects.toThrow(
      'a copy that is 5 s old cannot be put back within 5 s',
    );
  });

  it('touches nothing that is not in a store of ours', async () => {
    const stores = cluster.stores as StoreControl;
    await expect(stores.copyDirectory('/etc', `${place.scene.workDir}/copy`)).rejects.toThrow(/refused/);
    await expect(stores.replaceDirectory('/tmp/elsewhere', '/tmp/copy')).rejects.toThrow(/refused/);
  });
});
