import { hostname } from 'node:os';
import type { UndoOutcome } from '../contracts/undo.js';
import { identify, isAlive } from '../processes/identity.js';
import { withRunLock } from './run-lock.js';
import { type RunEntry, RunRegistry } from './run-registry.js';
import { undoDeadRun } from './undo-dead-run.js';

export interface RecoverOptions {
  readonly stateDir: string;
  /** How long to wait for a watchdog or another `recover` that is at the same run; 60 s unless told. */
  readonly lockWaitMs?: number;
  /** This run alone, rather than all. */
  readonly only?: string;
}

/**
 * What became of one run:
 * `alive` it is still running and was left alone; `undone` nothing of it is left; `left` something is, see `left`;
 * `busy` somebody else is still cleaning up behind it; `elsewhere` it ran on another machine, which alone can judge it.
 */
export interface RecoveredRun {
  readonly entry: RunEntry;
  readonly state: 'alive' | 'undone' | 'left' | 'busy' | 'elsewhere';
  /** For people. */
  readonly detail: string;
  /** What was undone now. */
  readonly undone: readonly UndoOutcome[];
  /** What could not be undone: each record says how it is done by hand. */
  readonly left: readonly UndoOutcome[];
  readonly problems: readonly string[];
}

export interface RecoverReport {
  readonly runs: readonly RecoveredRun[];
  /** Files of the registry that are no entries; left where they are. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
  /** Nothing is left of any run that died on this machine. */
  readonly clean: boolean;
}

/**
 * Undoes whatever runs that died have left behind on this machine. Safe at any time: a run that is alive is left
 * alone, and doing it twice, or beside a watchdog, does no harm. Throws only when the registry cannot be read.
 */
export async function recover(options: RecoverOptions): Promise<RecoverReport> {
  const registry = new RunRegistry(options.stateDir);
  const { entries, unreadable } = registry.list();
  const runs: RecoveredRun[] = [];
  for (const entry of entries.filter(({ runId }) => [undefined, runId].includes(options.only)))
    runs.push(await recoverRun(registry, entry, options.lockWaitMs ?? 60_000));
  const clean = unreadable.length === 0 && runs.every(({ state }) => state !== 'left' && state !== 'busy');
  return { runs, unreadable, clean };
}

async function recoverRun(registry: RunRegistry, entry: RunEntry, lockWaitMs: number): Promise<RecoveredRun> {
  const nothing = { entry, undone: [], left: [], problems: [] };
  if (entry.host !== hostname()) {
    const detail = `it ran on ${entry.host}: run \`stormglass recover\` there`;
    return { ...nothing, state: 'elsewhere', detail };
  }
  if (isAlive(entry.process)) {
    return { ...nothing, state: 'alive', detail: `process ${entry.process.pid} is still running it` };
  }
  const me = identify(process.pid);
  if (!me) throw new Error('cannot identify this process');
  const attempt = await withRunLock(registry.lockOf(entry.runId), me, lockWaitMs, () =>
    undoDeadRun(registry, entry, { by: 'recover', attempts: 2, pauseMs: 500 }),
  );
  if (!attempt.got) {
    return { ...nothing, state: 'busy', detail: `${attempt.holder} is cleaning up behind it` };
  }
  const { outcomes, problems, complete } = attempt.result;
  const undone = outcomes.filter((outcome) => outcome.undone);
  const left = outcomes.filter((outcome) => !outcome.undone);
  const detail =
    undone.length + left.length === 0
      ? 'nothing of it was left'
      : `${undone.length} undone, ${left.length} left`;
  return { entry, state: complete ? 'undone' : 'left', detail, undone, left, problems };
}
