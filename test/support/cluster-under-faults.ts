import { afterAll, beforeAll } from 'vitest';
import type { ProcessClusterStartOptions } from '../../src/clusters/start-process-cluster.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import { type ClusterTest, clusterTest } from '../clusters/cluster-for-test.js';
import { type FaultScene, faultScene } from './fault-under-test.js';
import { compilePressureProgram, type PressureProgram } from './pressure-program.js';

/** What the tests of a file share. */
export interface ClusterUnderFaults {
  readonly test: ClusterTest;
  readonly cluster: Cluster;
  readonly scene: FaultScene;
  /** What the processes run that faults start; without it, they cannot start any. */
  readonly program: PressureProgram;
}

interface Options {
  /** Beside what every cluster is started with. */
  readonly start?: () => Promise<Partial<ProcessClusterStartOptions>>;
  readonly startWithinMs?: number;
}

/**
 * Starts a cluster, as a scenario's `cluster` describes it, before the tests of a file, and ends it after them. What is
 * returned is filled by then.
 */
export function clusterUnderFaults(
  params: Record<string, unknown>,
  options: Options = {},
): Omit<ClusterUnderFaults, 'program'> {
  return share(async (open, place) => {
    place.test = open(await clusterTest());
    place.cluster = open(await place.test.start(params, await options.start?.()));
    place.scene = open(await faultScene(place.cluster, place.test.runId));
  }, options.startWithinMs);
}

/** The same, for faults that start processes of their own. */
export function clusterUnderPressure(params: Record<string, unknown>): ClusterUnderFaults {
  return share(async (open, place) => {
    place.program = open(await compilePressureProgram());
    place.test = open(await clusterTest());
    place.cluster = open(await place.test.start(params));
    place.scene = open(await faultScene(place.cluster, place.test.runId, place.program.entry));
  });
}

type Open = <T extends AsyncDisposable>(one: T) => T;
type Filled<T> = { -readonly [K in keyof T]: T[K] };

/** What was opened last is closed first, also when the rest could not be opened. */
function share(
  fill: (open: Open, place: Filled<ClusterUnderFaults>) => Promise<void>,
  withinMs?: number,
): ClusterUnderFaults {
  const place = {} as Filled<ClusterUnderFaults>;
  const opened: AsyncDisposable[] = [];
  beforeAll(
    () =>
      fill((one) => {
        opened.push(one);
        return one;
      }, place),
    withinMs,
  );
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  });
  return place;
}
