import { hostname } from 'node:os';
import { wallNow } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import type { LockHolder, SystemControl } from '../contracts/control.js';
import type { ServerAddress } from '../contracts/load.js';
import type { RemoveStream } from '../contracts/undo.js';
import { lockAddresses } from '../undo/address-lock.js';
import { userName } from '../undo/audit-log.js';
import { isStaleHolder } from '../undo/break-stale-lock.js';
import type { Journal } from './journal.js';
import type { Scope } from './scope.js';
import type { UndoDesk } from './undo-desk.js';

const LOCK_STREAM = 'STORMGLASS_LOCK';
const TAKES_MS = 15_000;

export interface ClusterLockOptions {
  readonly runId: string;
  readonly stateDir: string;
  readonly self: ProcessIdentity;
  readonly servers: readonly ServerAddress[];
  readonly control: Pick<SystemControl, 'takeLock'>;
  readonly journal: Journal;
  readonly undo: UndoDesk;
  readonly scope: Scope;
}

/** Keeps two runs from breaking things in one system at the same time, where it is not a run's own. */
export class ClusterLock {
  readonly #options: ClusterLockOptions;
  #taken: Promise<void> | undefined;

  constructor(options: ClusterLockOptions) {
    this.#options = options;
  }

  /** Once is enough. @throws PreflightError that says who has it, and how one is removed that was left behind */
  take(): Promise<void> {
    this.#taken ??= this.#take().catch((error) => {
      this.#taken = undefined;
      throw error;
    });
    return this.#taken;
  }

  /** Resolves when nobody is about to take it any more. Never rejects. */
  async settled(): Promise<void> {
    await this.#taken?.catch(() => {});
  }

  async #take(): Promise<void> {
    const { runId, self, control, undo, scope, journal } = this.#options;
    const holder: LockHolder = {
      run: runId,
      host: hostname(),
      user: userName(),
      since: wallNow().toISOString(),
      pid: String(self.pid),
      startedAt: self.startedAt,
    };
    const record = this.#removal(runId);
    undo.recordSurroundings([record]);
    try {
      const other = await withDeadline(control.takeLock(holder), TAKES_MS, 'taking the lock');
      if (other !== undefined) await this.#takeFrom(other, holder);
    } catch (error) {
      const isRefused = error instanceof PreflightError;
      // Only the answer may have been lost, and the lock stand. Where streams can be asked for, its record stays open: it
      // is looked for once more at the end.
      const [outcome] = isRefused ? [] : await undo.carryOut([record]);
      if (!outcome?.undone) undo.settle([{ record, undone: true, detail: 'it was not made' }]);
      if (isRefused) throw error;
      return this.#lockHere(messageOf(error));
    }
    journal.write('guard', { text: `this system is locked for this run: stream ${LOCK_STREAM}` });
    scope.add('the lock', async () => {
      const outcomes = await undo.carryOut([record]);
      // One that could not be removed stands open: it is tried once more, and said.
      undo.settle(outcomes.filter(({ undone }) => undone));
    });
  }

  /** Another has it: if that one is dead and gone, its lock is removed, and ours made. */
  async #takeFrom(other: LockHolder, holder: LockHolder): Promise<void> {
    const { stateDir, control, undo, journal } = this.#options;
    if (await isStaleHolder(stateDir, other)) {
      const [outcome] = await undo.carryOut([this.#removal(other.run)]);
      journal.write('guard', { text: `the lock of run ${other.run}, which has died: ${outcome?.detail}` });
      const next = await withDeadline(control.takeLock(holder), TAKES_MS, 'taking the lock');
      if (next === undefined) return;
      throw this.#inUse(next);
    }
    throw this.#inUse(other);
  }

  #inUse({ run, host, user, since }: LockHolder): PreflightError {
    const by = `run ${run || 'unknown'} of ${user || 'an unknown user'} on ${host || 'an unknown host'}`;
    return new PreflightError(`another run is at this system: ${by}, since ${since || 'an unknown time'}`, {
      hint: `wait for its end; if it has died, \`stormglass recover\` on ${host || 'its host'} removes its lock, and so does \`${this.#removal(run).manual}\``,
    });
  }

  /** Servers without streams, or that let us make none: then runs elsewhere are not seen, which is said. */
  #lockHere(why: string): void {
    const { stateDir, servers, self, scope, journal } = this.#options;
    const lock = lockAddresses(stateDir, servers.map(addressOf), self);
    if (!lock.got) {
      const by = lock.pid === undefined ? 'another process' : `process ${lock.pid}`;
      throw new PreflightError(`another run is at this system: ${by} holds ${lock.path}`, {
        hint: 'wait for its end; the lock of a process that has died is broken by itself',
      });
    }
    scope.add('the lock', async () => lock.release());
    journal.write('guard', {
      text: `this system is locked for this run on this machine only, for no stream could be made there (${why})`,
    });
  }

  #removal(run: string): RemoveStream {
    const { servers } = this.#options;
    return {
      kind: 'remove-stream',
      id: `lock-${run}`,
      what: `remove the lock ${LOCK_STREAM}`,
      manual: `nats --server ${servers.map(addressOf).join(',')} stream rm -f ${LOCK_STREAM}`,
      stream: LOCK_STREAM,
      servers,
      mark: run,
    };
  }
}

const addressOf = ({ host, port }: ServerAddress): string => `${host}:${port}`;
