import { userInfo } from 'node:os';
import { wallNow } from '../base/clock.js';
import type { Evidence, FaultStage } from '../contracts/fault.js';
import type { UndoRecord } from '../contracts/undo.js';
import { DurableLines } from './durable-lines.js';

/** One thing that was done to a system, or undone. */
export interface AuditEntry {
  /** The fault's id in the plan; absent for what belongs to no fault. */
  readonly fault?: string;
  readonly act: 'recorded' | 'injected' | 'observed' | 'reverted' | 'undone' | 'not-undone';
  readonly kind: string;
  readonly targets?: readonly string[];
  readonly stage?: FaultStage;
  readonly evidence?: Evidence;
  readonly undo?: readonly UndoRecord[];
  readonly detail?: string;
}

/**
 * audit.ndjson: every fault, with who made it, when, on what, what was seen of it and what undoes it. Each entry is
 * on the disk when `write` returns, unless `failure` says otherwise.
 */
export class AuditLog {
  readonly #lines: DurableLines;
  readonly #runId: string;
  readonly #by: string;
  readonly #who: string;
  #failure: unknown;

  /** `by`: which part of stormglass acts, such as `run` or `watchdog`. Throws what the file system says. */
  constructor(path: string, runId: string, by: string) {
    this.#lines = new DurableLines(path);
    this.#runId = runId;
    this.#by = by;
    this.#who = userName();
  }

  /** The first entry that could not be written (a full disk), if any. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Never throws: what is to be undone is undone, whether or not there is room to write of it. */
  write(entry: AuditEntry): void {
    const when = {
      time: wallNow().toISOString(),
      who: this.#who,
      by: this.#by,
      pid: process.pid,
      run: this.#runId,
    };
    try {
      this.#lines.append([{ ...when, ...entry }]);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  close(): void {
    this.#lines.close();
  }
}

/** The operating system's name for the user; a user without one, as in many containers, by number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
