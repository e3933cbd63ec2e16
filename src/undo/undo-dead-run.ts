import { existsSync, rmSync } from 'node:fs';
import { sleep, wallNow } from '../base/clock.js';
import { codeOf, messageOf } from '../base/errors.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { UndoOutcome, UndoRecord } from '../contracts/undo.js';
import { releaseDeadLeases } from '../processes/port-lease.js';
import { AuditLog } from './audit-log.js';
import { carryOut } from './carry-out.js';
import { DurableLines } from './durable-lines.js';
import type { RunEntry, RunRegistry } from './run-registry.js';
import { UndoLog, type UndoneBy } from './undo-log.js';

export interface Cleanup {
  /** What was carried out now, each with its last outcome. */
  readonly outcomes: readonly UndoOutcome[];
  /** What else went wrong or could not be known; a log that could not be written, for one. */
  readonly problems: readonly string[];
  /** Nothing is left: the entry is gone from the registry. */
  readonly complete: boolean;
}

export interface CleanupOptions {
  readonly by: Exclude<UndoneBy, 'run'>;
  readonly attempts: number;
  /** Pause before the second attempt; it grows with each. */
  readonly pauseMs: number;
}

/**
 * Undoes what a run that is dead has left outstanding, newest first, and takes the run off the registry when nothing
 * is left. Never throws for a thing that could not be undone. To be called with the run's lock held.
 */
export async function undoDeadRun(
  registry: RunRegistry,
  entry: RunEntry,
  options: CleanupOptions,
): Promise<Cleanup> {
  const problems: string[] = [];
  const books = openBooks(entry, options.by, problems);
  const outcomes = new Map<UndoRecord, UndoOutcome>();
  for (let attempt = 1; ; attempt++) {
    const left = books.tearDown.filter((record) => outcomes.get(record)?.undone !== true);
    for (const record of left) {
      const outcome = await carryOut(record);
      outcomes.set(record, outcome);
      books.note(outcome);
    }
    if (attempt >= options.attempts || [...outcomes.values()].every(({ undone }) => undone)) break;
    await sleep(options.pauseMs * attempt);
  }
  books.close();
  await releaseDeadLeases(registry.stateDir);
  if (entry.socket !== undefined) rmSync(entry.socket, { force: true });

  const complete = books.whole && [...outcomes.values()].every(({ undone }) => undone);
  if (complete) registry.remove(entry.runId);
  return { outcomes: [...outcomes.values()], problems, complete };
}

interface Books {
  readonly tearDown: readonly UndoRecord[];
  /** The log could be read to its end. */
  readonly whole: boolean;
  note(outcome: UndoOutcome): void;
  close(): void;
}

/** The run's undo log, journal and audit, as far as they can be had: healing goes before writing about it. */
function openBooks(entry: RunEntry, by: Exclude<UndoneBy, 'run'>, problems: string[]): Books {
  const attempt = <T>(what: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      // The user may have thrown the run's directory away, and its books with it.
      if (codeOf(error) !== 'ENOENT') problems.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const log = existsSync(entry.undoLog) ? attempt('undo log', () => new UndoLog(entry.undoLog)) : undefined;
  const journal = attempt('journal', () => new DurableLines(entry.journal));
  const audit = attempt('audit', () => new AuditLog(entry.audit, entry.runId, by));

  const tearDown = log?.tearDown() ?? [];
  const damaged = log?.damagedLines ?? [];
  if (damaged.length > 0) {
    problems.push(
      `${entry.undoLog}: line ${damaged.join(', ')} cannot be read, so what it would undo is not known; ` +
        `when you have looked at it, remove ${entry.runId}.json from the registry`,
    );
  }
  const unreadable = log === undefined && existsSync(entry.undoLog);
  // Without a whole log, the mark still tells which processes are the run's.
  const blind = log === undefined || damaged.length > 0;

  return {
    tearDown: blind ? [...tearDown, endWhatIsMarked(entry.runId)] : tearDown,
    whole: !unreadable && damaged.length === 0,
    note(outcome) {
      const { record, undone, detail } = outcome;
      log?.settle(outcome, by);
      const event: JournalEvent = {
        time: wallNow().toISOString(),
        type: 'undo',
        by,
        record: record.id,
        what: record.what,
        undone,
        detail,
      };
      attempt('journal', () => journal?.append([event]));
      audit?.write({ act: undone ? 'undone' : 'not-undone', kind: record.kind, undo: [record], detail });
    },
    close() {
      if (log?.failure) problems.push(`undo log: ${messageOf(log.failure)}`);
      if (audit?.failure) problems.push(`audit: ${messageOf(audit.failure)}`);
      log?.close();
      journal?.close();
      audit?.close();
    },
  };
}

function endWhatIsMarked(mark: string): UndoRecord {
  return {
    kind: 'end-marked-processes',
    id: 'marked-processes',
    what: 'end the processes that carry the mark of the run',
    manual: `grep -lz '^STORMGLASS_RUN=${mark}$' /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | xargs -r kill -9`,
    mark,
  };
}
