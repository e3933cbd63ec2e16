import { hostname } from 'node:os';
import { join } from 'node:path';
import { wallNow } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import type { UndoRecord } from '../contracts/undo.js';
import { AuditLog } from '../undo/audit-log.js';
import { type RunEntry, RunRegistry } from '../undo/run-registry.js';
import { UndoLog } from '../undo/undo-log.js';
import { startWatchdog, type Watchdog } from '../undo/watchdog.js';
import type { RunDirectory } from './run-directory.js';
import { UndoDesk } from './undo-desk.js';

export interface SafetyNetOptions {
  readonly runId: string;
  readonly scenarioFile: string;
  readonly stateDir: string;
  readonly watchdogEntry: URL;
  /** Path of node, and what the watchdog inherits of the environment. */
  readonly executable: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This process, as others will recognise it. */
  readonly self: ProcessIdentity | undefined;
  /** For the run's socket, where there is no room beside its entry. */
  readonly tempDir: string;
  /** The watchdog has died: from here on a SIGKILL of the run leaves things to `stormglass recover`. */
  readonly onUnguarded: (detail: string) => void;
}

/** What stands ready before anything is started: the undo log, the audit, the registry's entry and the watchdog. */
export interface SafetyNet {
  readonly undo: UndoDesk;
  /** Where the run is to answer its owner, if it can. */
  readonly socket: string | undefined;
  /** What could not be undone; known after `close`. */
  readonly leftBehind: readonly UndoRecord[];
  /** Undoes all that is left, and lets the watchdog go. */
  close(): Promise<void>;
}

/** @throws PreflightError when the run cannot be registered or the watchdog does not start; nothing is left then */
export async function openSafetyNet(dir: RunDirectory, options: SafetyNetOptions): Promise<SafetyNet> {
  const { runId, stateDir, self } = options;
  if (self === undefined) throw new PreflightError('this process cannot be identified: is /proc mounted?');
  const registry = new RunRegistry(stateDir);
  const socket = registry.socketOf(runId, options.tempDir);
  const entry: RunEntry = {
    version: 1,
    runId,
    scenario: options.scenarioFile,
    startedAt: wallNow().toISOString(),
    host: hostname(),
    process: self,
    runDir: dir.path,
    undoLog: dir.undo,
    journal: dir.journal,
    audit: dir.audit,
    ...(socket !== undefined && { socket }),
  };
  const log = new UndoLog(dir.undo);
  const audit = new AuditLog(dir.audit, runId, 'run');
  const undo = new UndoDesk(log, audit);
  registry.write(entry);
  let watchdog: Watchdog | undefined;
  try {
    watchdog = await startWatchdog({
      entry: options.watchdogEntry,
      executable: options.executable,
      stateDir,
      runId,
      env: options.env,
      logFile: join(dir.logs, 'watchdog.log'),
      onDeath: options.onUnguarded,
    });
    registry.write({ ...entry, watchdog: watchdog.identity });
  } catch (error) {
    await watchdog?.release();
    registry.remove(runId);
    undo.close();
    throw error;
  }

  const guard = watchdog;
  let leftBehind: UndoRecord[] = [];
  return {
    undo,
    socket,
    get leftBehind() {
      return leftBehind;
    },
    async close() {
      const left = await undo.tearDown();
      leftBehind = left.map(({ record }) => record);
      await guard.release();
      // An entry that stays is what `stormglass recover` finds.
      if (left.length === 0) registry.remove(runId);
      undo.close();
    },
  };
}
