import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { RaftGroup, SystemControl } from '../../src/contracts/control.js';
import type { Fault, FaultClaim, Impact } from '../../src/contracts/fault.js';
import type { JournalEvent } from '../../src/contracts/journal.js';
import type { Machine } from '../../src/contracts/machine.js';
import type { MonitorPages } from '../../src/contracts/monitor.js';
import type { FaultPlan } from '../../src/contracts/plan/faults.js';
import type { GuardPlan } from '../../src/contracts/plan/guards.js';
import type { UndoRecord } from '../../src/contracts/undo.js';
import { FaultGuards } from '../../src/engine/fault-guards.js';
import { FaultSession } from '../../src/engine/fault-session.js';
import { Journal } from '../../src/engine/journal.js';
import { UndoDesk } from '../../src/engine/undo-desk.js';
import { AuditLog } from '../../src/undo/audit-log.js';
import { UndoLog } from '../../src/undo/undo-log.js';

const NODES = ['n1', 'n2', 'n3'];
const META: RaftGroup = { name: 'meta', peers: NODES };

/** What undoing takes: a lamp that the fault switches off. How often it must be told decides how stubborn it is. */
interface Lamp {
  isOff: boolean;
  /** How many times the undo fails before it works. */
  stubborn: number;
}

interface Scene {
  readonly guards?: Partial<GuardPlan>;
  readonly groups?: () => Promise<readonly RaftGroup[]>;
  readonly claims?: readonly FaultClaim[];
  readonly journalFile?: string;
  readonly stubborn?: number;
  readonly healMs?: number;
}

/** The engine's own parts around faults that are made up: journal, undo log, audit trail and guards are the real ones. */
export class FaultStage implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'stormglass-session-'));
  readonly events: JournalEvent[] = [];
  readonly lamp: Lamp;
  readonly journal: Journal;
  readonly log: UndoLog;
  readonly undo: UndoDesk;
  readonly guards: FaultGuards;
  readonly halt = new AbortController();
  readonly hurry = new AbortController();
  #isClosed = false;
  readonly #healMs: number;
  readonly #longestNs: number | undefined;

  constructor(scene: Scene = {}) {
    this.lamp = { isOff: false, stubborn: scene.stubborn ?? 0 };
    this.journal = new Journal(scene.journalFile ?? join(this.directory, 'journal.ndjson'));
    this.journal.listen((event) => this.events.push(event));
    this.log = new UndoLog(join(this.directory, 'undo.ndjson'));
    this.undo = new UndoDesk(this.log, new AuditLog(join(this.directory, 'audit.ndjson'), 'r1', 'run'));
    this.undo.useCluster(this.#cluster());
    this.#healMs = scene.healMs ?? 20_000;
    this.#longestNs = scene.guards?.longestNs;
    this.guards = new FaultGuards({
      guards: { abortOn: [], allowsQuorumLoss: false, ...scene.guards },
      cluster: this.#cluster(),
      control: { raftGroups: scene.groups ?? (async () => [META]) },
      healNs: this.#healMs * NS.ms,
      claimsOf: () => scene.claims ?? [],
    });
  }

  #cluster(): Cluster {
    const nodes = NODES.map((name) => ({ name, host: '127.0.0.1', clientPort: 1 }));
    return {
      nodes,
      access: { servers: [] },
      lookAtProcess: async () => ({ state: 'running', instance: '1', saw: 'runs' }),
      undoHandlers: {
        'continue-process': async () => {
          if (this.lamp.stubborn-- > 0) throw new Error('it will not');
          this.lamp.isOff = false;
          return 'on again';
        },
      },
    } as unknown as Cluster;
  }

  /** A fault that switches the lamp off, unless told to do worse. */
  fault(worse: Partial<Fault> = {}, impact: Impact = { down: [], cuts: [] }): Fault {
    const { lamp } = this;
    return {
      impact: () => impact,
      prepare: async ({ id }): Promise<UndoRecord[]> => [
        { kind: 'continue-process', id, what: 'switch it on', manual: 'by hand', pid: 1, startedAt: '1' },
      ],
      inject: async () => {
        lamp.isOff = true;
      },
      observe: async (_, stage) => {
        const saw = lamp.isOff ? 'off' : 'on';
        return { holds: lamp.isOff === (stage === 'during'), looks: [{ at: 'lamp', saw }] };
      },
      ...worse,
    };
  }

  session(
    fault: Fault,
    plan: Partial<FaultPlan> & { readonly targetNames?: readonly string[] } = {},
    onBegin: () => Promise<void> = async () => {},
  ): FaultSession {
    const { targetNames = ['n1'], ...given } = plan;
    const whole: FaultPlan = {
      ...{ id: 'fault-1', kind: 'lamp', atNs: 0, forNs: 50 * NS.ms, params: {}, seed: 1 },
      target: { role: 'nodes', nodes: targetNames, text: targetNames.join(', ') },
      ...given,
    };
    return new FaultSession(whole, {
      ...{
        runId: 'r1',
        workDir: this.directory,
        journal: this.journal,
        undo: this.undo,
        guards: this.guards,
      },
      cluster: this.#cluster(),
      control: {} as SystemControl,
      machine: {} as Machine,
      monitor: {} as MonitorPages,
      longestNs: this.#longestNs,
      hurry: this.hurry.signal,
      healNs: this.#healMs * NS.ms,
      create: () => fault,
      resolveTargets: async () => targetNames.map((name) => ({ name, host: '127.0.0.1', clientPort: 1 })),
      onBegin,
    });
  }

  run(fault: Fault, plan?: Parameters<FaultStage['session']>[1]) {
    return this.session(fault, plan).run(this.halt.signal);
  }

  /** Waits until the first of the faults has come so far. */
  async reaches(stage: FaultGuards['admitted'][number]['stage']): Promise<void> {
    const hasCome = () => this.guards.admitted[0]?.stage === stage;
    if (!(await waitFor(hasCome, { timeoutMs: 30_000, everyMs: 5 }))) throw new Error(`no fault is ${stage}`);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  audit(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.directory, 'audit.ndjson'), 'utf8').trimEnd().split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Closes the books: what stands in them is read then. */
  close(): void {
    if (!this.#isClosed) this.undo.close();
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
    rmSync(this.directory, { recursive: true });
  }
}
