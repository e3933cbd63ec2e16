import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { RaftGroup, SystemControl } from '../../src/contracts/control.js';
import type { Fault, FaultClaim, Impact } from '../../src/contracts/fault.js';
import type { JournalEvent } from '../../src/contracts/journal.js';
import type { Machine } from '../../src/contracts/machine.js';
import type { FaultPlan, GuardPlan } from '../../src/contracts/plan.js';
import type { UndoRecord } from '../../src/contracts/undo.js';
import { FaultGuards } from '../../src/engine/fault-guards.js';
import { FaultSession, HealedEarly } from '../../src/engine/fault-session.js';
import { Journal } from '../../src/engine/journal.js';
import { UndoDesk } from '../../src/engine/undo-desk.js';
import { verifyChain } from '../../src/undo/audit-chain.js';
import { AuditLog } from '../../src/undo/audit-log.js';
import { UndoLog } from '../../src/undo/undo-log.js';
import { compileSources } from '../processes/compiled-sources.js';

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
class TestStage implements Disposable {
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
    this.#healMs = scene.healMs ?? 300;
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
      longestNs: this.#longestNs,
      hurry: this.hurry.signal,
      healNs: this.#healMs * NS.ms,
      create: () => fault,
      resolveTargets: async () => targetNames.map((name) => ({ name, host: '127.0.0.1', clientPort: 1 })),
      onBegin,
    });
  }

  run(fault: Fault, plan?: Parameters<TestStage['session']>[1]) {
    return this.session(fault, plan).run(this.halt.signal);
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

const never = () => new Promise<never>(() => {});

describe('a fault', () => {
  it('is looked at, recorded, made, proven, healed and proven gone, and all of it is in the trail', async () => {
    using stage = new TestStage();
    const result = await stage.run(stage.fault());
    expect(result).toMatchObject({
      status: 'reverted',
      before: { holds: true },
      during: { holds: true },
      after: { holds: true },
    });
    expect(stage.types()).toEqual(['fault-recorded', 'fault-injected', 'fault-observed', 'fault-reverted']);
    stage.close();
    expect(stage.audit().map(({ act, target }) => [act, target])).toEqual([
      ['recorded', 'n1'],
      ['injected', 'n1'],
      ['observed', 'n1'],
      ['reverted', 'n1'],
      ['closed', undefined],
    ]);
    expect(verifyChain(readFileSync(join(stage.directory, 'audit.ndjson'))).intact).toBe(true);
  });

  it('is not made where things are not as they should be before it: it would prove nothing', async () => {
    using stage = new TestStage();
    stage.lamp.isOff = true;
    const stop = setTimeout(() => stage.halt.abort(new Error('enough')), 300);
    const result = await stage.run(stage.fault());
    clearTimeout(stop);
    expect(result).toMatchObject({ status: 'not-run', injectedNs: 0, revertedNs: 0 });
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('leaves nothing with the run that outlasts it: a run makes thousands', async () => {
    using stage = new TestStage();
    await stage.run(stage.fault());
    for (const { signal } of [stage.halt, stage.hurry])
      expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is healed and said to have failed when what surrounds it fails', async () => {
    using stage = new TestStage();
    const broken = async () => {
      throw new Error('no generator is left');
    };
    const session = stage.session(stage.fault(), {}, broken);
    expect(await session.run(stage.halt.signal)).toMatchObject({
      status: 'failed',
      detail: 'no generator is left',
    });
    expect(stage.guards.admitted).toEqual([]);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('is held for no longer than guards.longest, and says so', async () => {
    using stage = new TestStage({ guards: { longestNs: 20 * NS.ms } });
    const result = await stage.run(stage.fault(), { forNs: 3600 * NS.s });
    expect(result.status).toBe('reverted');
    expect(result.detail).toBe('held for 20 ms instead of 60m 00s: `guards.longest` allows no more');
  });

  it('ends when somebody heals it before its time, and is then as good as any', async () => {
    using stage = new TestStage();
    const running = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await waitFor(() => stage.guards.admitted[0]?.stage === 'holding', { timeoutMs: 5_000, everyMs: 5 });
    stage.guards.admitted[0]?.end.abort(new HealedEarly('healed early by hand, by jane'));
    expect(await running).toMatchObject({ status: 'reverted', detail: 'healed early by hand, by jane' });
    expect(stage.lamp.isOff).toBe(false);
  });

  it('is not made any more when somebody heals it in the moment before', async () => {
    using stage = new TestStage();
    let made = false;
    const inject = async () => {
      made = true;
    };
    const result = await stage
      .session(stage.fault({ inject }), {}, async () => stage.halt.abort(new Error('the end')))
      .run(stage.halt.signal);
    expect(result.status).toBe('failed');
    expect(made).toBe(false);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('that is healed before it could show is nowhere said to have had no effect', async () => {
    using stage = new TestStage();
    let looks = 0;
    const observe: Fault['observe'] = async (_, at) => {
      if (at === 'during') looks++;
      return { holds: at !== 'during', looks: [{ at: 'lamp', saw: 'nothing yet' }] };
    };
    const running = stage.run(stage.fault({ observe }), { forNs: 3600 * NS.s });
    await waitFor(() => looks > 0, { timeoutMs: 5_000, everyMs: 5 });
    stage.guards.admitted[0]?.end.abort(new HealedEarly('healed early by hand, by jane'));
    expect(await running).toMatchObject({ status: 'failed', detail: 'healed early by hand, by jane' });
    expect(stage.types()).not.toContain('fault-observed');
    stage.close();
    expect(stage.audit().map(({ act }) => act)).not.toContain('observed');
  });

  it('is healed at a second try, and then is reverted', async () => {
    using stage = new TestStage({ stubborn: 1 });
    expect(await stage.run(stage.fault())).toMatchObject({ status: 'reverted', after: { holds: true } });
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('that no try heals is said with what is left, keeps its place in the guards, and can be healed later', async () => {
    using stage = new TestStage({ stubborn: 2, healMs: 50 });
    const session = stage.session(stage.fault());
    stage.hurry.abort(new Error('hurry'));
    const result = await session.run(stage.halt.signal);
    expect(result).toMatchObject({ status: 'unreverted', detail: 'switch it on: it will not' });
    expect(stage.log.outstanding().map(({ id }) => id)).toEqual(['fault-1']);
    expect(stage.guards.admitted.map((each) => each.stage)).toEqual(['unreverted']);
    // Somebody by hand and the end of the run, at once: one undoing, and one end of it.
    const [first, second] = await Promise.all([session.heal(), session.heal()]);
    expect(first).toBe(second);
    expect(first).toMatchObject({ status: 'unreverted' });
    expect(await session.heal()).toMatchObject({ status: 'reverted', during: { holds: true } });
    expect(stage.log.outstanding()).toEqual([]);
    expect(stage.guards.admitted).toEqual([]);
  });
});

describe('a fault that hangs', () => {
  it('in its injection is given up after its time, and healed', async () => {
    using stage = new TestStage();
    const { lamp } = stage;
    const inject: Fault['inject'] = async ({ signal }) => {
      lamp.isOff = true;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const result = await stage.run(stage.fault({ inject, injectWithinNs: 50 * NS.ms }));
    expect(result).toMatchObject({ status: 'failed', detail: 'its injection took longer than 50 ms' });
    expect(result.revertedNs).toBeGreaterThan(0);
    expect(lamp.isOff).toBe(false);
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('in its injection is healed once more when that ends after all, and stays open until then', async () => {
    using stage = new TestStage();
    const { lamp } = stage;
    let goOn = () => {};
    let switchedOff = false;
    const inject: Fault['inject'] = async () => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      lamp.isOff = true;
      switchedOff = true;
    };
    const result = await stage.run(stage.fault({ inject, injectWithinNs: 20 * NS.ms }));
    expect(result.status).toBe('failed');
    expect(stage.log.outstanding().map(({ id }) => id)).toEqual(['fault-1']);
    goOn();
    expect(await waitFor(() => switchedOff && !lamp.isOff, { timeoutMs: 5_000, everyMs: 5 })).toBe(true);
  });

  it.each(['prepare', 'observe'] as const)(
    'in %s ends with the run, and has touched nothing',
    async (method) => {
      using stage = new TestStage();
      const running = stage.run(stage.fault({ [method]: never }));
      await waitFor(() => stage.guards.admitted.length > 0, { timeoutMs: 5_000, everyMs: 5 });
      stage.halt.abort(new Error('the end'));
      expect(await running).toMatchObject({ status: 'not-run', revertedNs: 0 });
      expect(stage.guards.admitted).toEqual([]);
      expect(stage.lamp.isOff).toBe(false);
    },
  );
});

describe('a fault whose record cannot be written', () => {
  it('is not made', async () => {
    // Writing to it fails as on a full disk.
    using stage = new TestStage({ journalFile: '/dev/full' });
    const result = await stage.run(stage.fault());
    expect(result).toMatchObject({ status: 'failed', injectedNs: 0, revertedNs: 0 });
    expect(result.detail).toContain('what is done cannot be written down, so nothing is');
    expect(stage.lamp.isOff).toBe(false);
    // Nothing was done that would have to be undone at the end.
    expect(stage.log.outstanding()).toEqual([]);
  });

  it('is healed all the same when the disk is full only after it has begun', async () => {
    using stage = new TestStage();
    await using compiled = await compileSources(
      'engine/fault-session.ts',
      'engine/fault-guards.ts',
      'engine/journal.ts',
    );
    const script = fileURLToPath(new URL('./support/fault-on-full-disk.mjs', import.meta.url));
    // A limit on the size of files stops a write half-way, as a full disk does.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -f 16 && exec "$0" "$@"',
      process.execPath,
      script,
      compiled.url(''),
      stage.directory,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      status: 'reverted',
      isOff: false,
      unwritten: ['EFBIG', 'EFBIG'],
      outstanding: [],
    });
  });
});

describe('the guards', () => {
  const down = (...names: string[]): Impact => ({ down: names, cuts: [] });

  it('refuse what would take a quorum, with the groups by name, before anything is recorded', async () => {
    using stage = new TestStage();
    const result = await stage.run(stage.fault({}, down('n1', 'n2')), { targetNames: ['n1', 'n2'] });
    expect(result.status).toBe('refused');
    expect(result.detail).toBe(
      'it would take the quorum of meta (n1, n2, n3); `allow-quorum-loss: true` lets it pass',
    );
    expect(stage.types()).toEqual(['guard']);
    expect(stage.log.outstanding()).toEqual([]);
    stage.close();
    expect(stage.audit().map(({ act }) => act)).toEqual(['refused', 'closed']);
  });

  it.each([
    ['the fault', {}, { allowsQuorumLoss: true }],
    ['the scenario', { guards: { allowsQuorumLoss: true } }, {}],
  ])('let it pass where %s allows it', async (_, scene, plan) => {
    using stage = new TestStage(scene);
    expect((await stage.run(stage.fault({}, down('n1', 'n2')), plan)).status).toBe('reverted');
  });

  it('reckon with every fault that holds', async () => {
    using stage = new TestStage();
    const first = stage.run(stage.fault({}, down('n1')), { forNs: 3600 * NS.s });
    await waitFor(() => stage.guards.admitted[0]?.stage === 'holding', { timeoutMs: 5_000, everyMs: 5 });
    const second = await stage.run(stage.fault({}, down('n2')), { id: 'fault-2', targetNames: ['n2'] });
    expect(second).toMatchObject({ status: 'refused' });
    expect(second.detail).toContain('with n1 away already');
    stage.halt.abort(new Error('the end'));
    expect((await first).status).toBe('reverted');
  });

  it('refuse more than guards.at-most at once, and name those that hold', async () => {
    using stage = new TestStage({ guards: { atMost: 1 } });
    const first = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await waitFor(() => stage.guards.admitted[0]?.stage === 'holding', { timeoutMs: 5_000, everyMs: 5 });
    const second = await stage.run(stage.fault(), { id: 'fault-2', targetNames: ['n2'] });
    expect(second.status).toBe('refused');
    expect(second.detail).toMatch(
      /^fault-1 \(lamp on n1, .*\) holds, and 1 at once is the most that `guards\.at-most` allows$/,
    );
    stage.halt.abort(new Error('the end'));
    await first;
  });

  it('wait for one that is being healed, rather than refuse the next', async () => {
    using stage = new TestStage({ guards: { atMost: 1 }, healMs: 20_000 });
    let isSlow = true;
    const { observe } = stage.fault();
    const slow: Fault['observe'] = async (context, of) => {
      if (of === 'after' && isSlow) return { holds: false, looks: [] };
      return observe(context, of);
    };
    const first = stage.run(stage.fault({ observe: slow }), { forNs: 1 });
    await waitFor(() => stage.guards.admitted[0]?.stage === 'healing', { timeoutMs: 5_000, everyMs: 5 });
    const second = stage.run(stage.fault(), { id: 'fault-2', targetNames: ['n2'] });
    isSlow = false;
    expect([(await first).status, (await second).status]).toEqual(['reverted', 'reverted']);
  });

  it('refuse what another has to itself on the same node, and not on another one', async () => {
    using stage = new TestStage({ claims: ['process'] });
    const first = stage.run(stage.fault(), { forNs: 3600 * NS.s });
    await waitFor(() => stage.guards.admitted[0]?.stage === 'holding', { timeoutMs: 5_000, everyMs: 5 });
    const second = await stage.run(stage.fault(), { id: 'fault-2' });
    expect(second.status).toBe('refused');
    expect(second.detail).toMatch(/^fault-1 .* has the process of n1 to itself until it is healed$/);
    stage.halt.abort(new Error('the end'));
    await first;
  });

  it('refuse what takes servers away where nobody can say who votes, and nothing else', async () => {
    const groups = async () => {
      throw new Error('nobody answers');
    };
    using stage = new TestStage({ groups });
    expect(await stage.run(stage.fault({}, down('n1')))).toMatchObject({
      status: 'refused',
      detail: expect.stringContaining('could not be found out (nobody answers)'),
    });
    expect((await stage.run(stage.fault())).status).toBe('reverted');
  });
});
