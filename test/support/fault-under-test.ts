import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMachine } from '../../src/app/fault-machine.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { SystemControl } from '../../src/contracts/control.js';
import type { Evidence, Fault, FaultContext, FaultKind, FaultStage } from '../../src/contracts/fault.js';
import type { Machine } from '../../src/contracts/machine.js';
import type { MonitorPages } from '../../src/contracts/monitor.js';
import type { UndoOutcome, UndoRecord } from '../../src/contracts/undo.js';
import { openControl } from '../../src/nats/control.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { servePageThrough } from '../../src/undo/serve-page.js';

export interface FaultScene extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly machine: Machine;
  /** None, unless a test has some. */
  readonly monitor?: MonitorPages;
  readonly workDir: string;
  readonly runId: string;
}

/**
 * What faults are handed beside a cluster. Disposing of it leaves the cluster as it is.
 *
 * @param helperEntry what the processes run that faults start; without it, they cannot start any
 */
export async function faultScene(cluster: Cluster, runId: string, helperEntry?: URL): Promise<FaultScene> {
  const workDir = await mkdtemp(join(tmpdir(), 'stormglass-fault-test-'));
  const control = await openControl({
    access: cluster.observerAccess,
    get nodes() {
      return cluster.nodes;
    },
  });
  return {
    cluster,
    control,
    machine: createMachine(
      { entry: helperEntry ?? new URL('file:///none.js'), env: { PATH: process.env.PATH } },
      process.env.PATH ?? '',
    ),
    workDir,
    runId,
    [Symbol.asyncDispose]: async () => {
      await control[Symbol.asyncDispose]();
      await rm(workDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const NO_PAGES: MonitorPages = {
  metricsUrls: [],
  servePage: async () => {
    throw new Error('there is no monitor');
  },
};

interface LookOptions {
  /** What is to be seen besides. */
  readonly shows?: (evidence: Evidence) => boolean;
  readonly timeoutMs?: number;
}

/** One fault, taken through its stages as the engine takes it. */
export class FaultUnderTest {
  readonly fault: Fault;
  readonly context: FaultContext;
  records: readonly UndoRecord[] = [];

  constructor(
    scene: FaultScene,
    kind: FaultKind,
    params: Readonly<Record<string, unknown>>,
    targets: readonly string[],
    options: Partial<Pick<FaultContext, 'id' | 'forNs' | 'seed' | 'signal'>> = {},
  ) {
    const { cluster, control, machine, monitor = NO_PAGES, workDir, runId } = scene;
    this.fault = kind.create(params);
    this.context = {
      id: 'fault-1',
      runId,
      cluster,
      control,
      machine,
      monitor,
      targets: targets.map((name) => cluster.node(name)),
      forNs: 5e9,
      seed: 42,
      workDir,
      signal: new AbortController().signal,
      ...options,
    };
  }

  /** Looks until it holds, as the engine does, and shows what is asked for, and returns the last look. */
  async observe(
    stage: FaultStage,
    { shows = () => true, timeoutMs = 30_000 }: LookOptions = {},
  ): Promise<Evidence> {
    let last: Evidence | undefined;
    await waitFor(
      async () => {
        last = await this.fault.observe(this.context, stage);
        return last.holds && shows(last);
      },
      { timeoutMs },
    );
    return last as Evidence;
  }

  /** Looks before, until it shows what is asked for, records, injects. */
  async inject({ shows = () => true }: LookOptions = {}): Promise<void> {
    const before = await this.observe('before', { shows });
    if (!before.holds || !shows(before)) throw new Error(`not calm before: ${JSON.stringify(before.looks)}`);
    this.records = await this.fault.prepare(this.context);
    await this.fault.inject(this.context);
  }

  /** Undoes as a run that lives does: in reverse, by the cluster and the monitor where they know better. */
  async undo(): Promise<UndoOutcome[]> {
    const outcomes: UndoOutcome[] = [];
    for (const record of [...this.records].reverse()) {
      const handlers = { ...servePageThrough(this.context.monitor), ...this.context.cluster.undoHandlers };
      outcomes.push(await carryOut(record, handlers));
    }
    return outcomes;
  }

  /** Undoes by the records' data alone, as the watchdog does when the run is dead. */
  async undoByData(): Promise<UndoOutcome[]> {
    const outcomes: UndoOutcome[] = [];
    for (const record of [...this.records].reverse()) outcomes.push(await carryOut(record));
    return outcomes;
  }
}
