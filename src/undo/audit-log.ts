import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { wallNow } from '../base/clock.js';
import { codeOf, type StormglassError } from '../base/errors.js';
import { writeFailure } from '../base/write-failure.js';
import type { Evidence, FaultStage } from '../contracts/fault.js';
import type { AuditHead } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { chainLine, headOf } from './audit-chain.js';
import { DurableLines } from './durable-lines.js';

/** One thing that was done to a system, or undone; or that was not, and why. */
export interface AuditEntry {
  /** The fault's id in the plan; absent for what belongs to no fault. */
  readonly fault?: string;
  readonly act:
    | 'recorded'
    | 'refused'
    | 'failed'
    | 'injected'
    | 'observed'
    | 'reverted'
    | 'undone'
    | 'not-undone';
  readonly kind: string;
  /** How the target was named, and who that was. */
  readonly target?: string;
  readonly targets?: readonly string[];
  readonly stage?: FaultStage;
  readonly evidence?: Evidence;
  readonly undo?: readonly UndoRecord[];
  readonly detail?: string;
}

/** Who did it, by their name, and as what: `run`, `watchdog`, `recover`, `hand`. */
export interface AuditActor {
  readonly who: string;
  readonly by: string;
}

/**
 * audit.ndjson: every fault, with who made it, when, on what, what was seen of it and what undoes it. Each entry is
 * on the disk when `write` returns, unless `failure` says otherwise, and is chained to the one before it: see
 * audit-chain.ts. Run, watchdog and recover go on with the same chain, one after the other.
 */
export class AuditLog {
  readonly #lines: DurableLines;
  readonly #runId: string;
  readonly #actor: AuditActor;
  #head: AuditHead;
  #failure: StormglassError | undefined;

  /** `by`: which part of stormglass acts. Throws what the file system says. */
  constructor(path: string, runId: string, by: string) {
    this.#lines = new DurableLines(path);
    this.#head = headOf(contentOf(path), runId);
    this.#runId = runId;
    this.#actor = { who: userName(), by };
  }

  /** The first entry that could not be written (a full disk), if any. */
  get failure(): StormglassError | undefined {
    return this.#failure;
  }

  /** Where the chain stands. */
  get head(): AuditHead {
    return this.#head;
  }

  /** Never throws: what is to be undone is undone, whether or not there is room to write of it. */
  write(entry: AuditEntry, actor: AuditActor = this.#actor): void {
    this.#append(actor, { ...entry });
  }

  /** The last entry of a process that is done with it: what comes after that was taken away would show. */
  close(): void {
    this.#append(this.#actor, { act: 'closed' });
    this.#lines.close();
  }

  #append(actor: AuditActor, entry: Readonly<Record<string, unknown>>): void {
    const { who, by } = actor;
    const when = { time: wallNow().toISOString(), who, by, pid: process.pid, run: this.#runId };
    const { line, head } = chainLine(this.#head, { ...when, ...entry });
    try {
      this.#lines.appendLines([line]);
      this.#head = head;
    } catch (error) {
      this.#failure ??= writeFailure(this.#lines.path, error);
    }
  }
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** The operating system's name for the user; a user without one, as in many containers, by number. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
