import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { sleep } from '../../src/base/clock.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { FaultKind } from '../../src/contracts/fault.js';
import type { VolumeKind } from '../../src/contracts/stores.js';
import { connectControl } from '../../src/nats/connect.js';
import { findPowerLossLack, findThrottleLack, findVolumeLack } from '../../src/processes/volume-lack.js';
import type { FaultPlugin } from '../../src/scenario/plugins.js';
import { createMarkedDirectory } from '../../src/undo/marked-directory.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, FaultUnderTest, faultScene } from './fault-under-test.js';

const reason = async (lack: Promise<{ readonly what: string } | undefined>): Promise<string | undefined> =>
  (await lack)?.what;

/** Why a test of volumes, of a throttled one, or of one that loses its power, is skipped here: for the test's name. */
export const VOLUME_LACK = await reason(findVolumeLack('loop'));
export const THROTTLE_LACK = VOLUME_LACK ?? (await reason(findThrottleLack()));
export const POWER_LOSS_LACK = VOLUME_LACK ?? (await reason(findPowerLossLack()));

/** ` (skipped: mounting needs root)`, or nothing. */
export const skipped = (lack: string | undefined): string =>
  lack === undefined ? '' : ` (skipped: ${lack})`;

export interface StoreScene extends AsyncDisposable {
  readonly test: ClusterTest;
  readonly cluster: Cluster;
  readonly scene: FaultScene;
}

/** A cluster whose directory carries the run's mark, and what faults on its stores are handed. */
export async function storeScene(params: Record<string, unknown>, volumes?: VolumeKind): Promise<StoreScene> {
  const test = await clusterTest();
  const workDir = join(test.directory, 'work');
  await mkdir(test.directory, { recursive: true });
  await createMarkedDirectory(workDir, test.runId);
  const cluster = await test.start(params, volumes === undefined ? {} : { volumes });
  const scene = await faultScene(cluster, test.runId);
  return {
    test,
    cluster,
    scene: { ...scene, workDir },
    [Symbol.asyncDispose]: async () => {
      await scene[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
    },
  };
}

/** Publishes to a stream again and again until it is disposed of; `acked` counts what the servers acknowledged. */
export function keepPublishing(
  cluster: Cluster,
  subject: string,
): AsyncDisposable & { readonly acked: number } {
  const end = new AbortController();
  let acked = 0;
  const done = (async () => {
    const nc = await connectControl(cluster.observerAccess, { name: 'store-test' });
    const js = jetstream(nc, { timeout: 1_000 });
    const payload = Buffer.alloc(1024, 1);
    while (!end.signal.aborted) {
      const answers = Array.from({ length: 8 }, () => js.publish(subject, payload).then(() => acked++));
      await Promise.allSettled(answers);
      // Refusals come at once: they are no reason to spin.
      await sleep(5);
    }
    await nc.close();
  })();
  return {
    get acked() {
      return acked;
    },
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await done;
    },
  };
}

/** One fault on stores, with parameters as a scenario says them. */
export function underTest(
  scene: FaultScene,
  kind: FaultKind & FaultPlugin,
  params: Readonly<Record<string, unknown>>,
  targets: readonly string[],
  options?: ConstructorParameters<typeof FaultUnderTest>[4],
): FaultUnderTest {
  return new FaultUnderTest(scene, kind, kind.schema.parse(params), targets, options);
}
