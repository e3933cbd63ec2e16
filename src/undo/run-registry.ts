import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';
import { makeDirectory } from '../base/make-directory.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { syncDirectory } from './durable-lines.js';

/** What must be known of a run to clean up behind it. Paths are absolute. */
export interface RunEntry {
  readonly version: 1;
  /** Also the mark that the run's processes and directories carry. */
  readonly runId: string;
  readonly scenario: string;
  /** Wall-clock time, ISO 8601. */
  readonly startedAt: string;
  /** The machine, by its host name: processes elsewhere cannot be judged. */
  readonly host: string;
  /** The run's own process. */
  readonly process: ProcessIdentity;
  /** Absent until the watchdog has started. */
  readonly watchdog?: ProcessIdentity;
  readonly runDir: string;
  readonly undoLog: string;
  readonly journal: string;
  readonly audit: string;
  /** Where it answers while it goes on; absent where it cannot. */
  readonly socket?: string;
}

export interface RegistryListing {
  readonly entries: readonly RunEntry[];
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
}

/** Linux allows 107 bytes, macOS 103. */
const LONGEST_SOCKET_PATH = 100;

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Which runs there are on this machine: a file each in `<stateDir>/runs`, there before anything is started and gone
 * when everything is undone.
 */
export class RunRegistry {
  readonly stateDir: string;
  readonly #directory: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
    this.#directory = join(stateDir, 'runs');
  }

  fileOf(runId: string): string {
    if (!RUN_ID.test(runId)) throw new RangeError(`not a run id: ${JSON.stringify(runId)}`);
    return join(this.#directory, `${runId}.json`);
  }

  /** Held by whoever cleans up behind the run. */
  lockOf(runId: string): string {
    return `${this.fileOf(runId).slice(0, -'.json'.length)}.lock`;
  }

  /**
   * Where a run answers its owner: beside its entry, or in `tempDir` where the path would be longer than a unix socket's
   * may be; `undefined` where that would be, too.
   */
  socketOf(runId: string, tempDir: string): string | undefined {
    const beside = `${this.fileOf(runId).slice(0, -'.json'.length)}.sock`;
    const paths = [beside, join(tempDir, `stormglass-${runId}.sock`)];
    return paths.find((path) => Buffer.byteLength(path) <= LONGEST_SOCKET_PATH);
  }

  /** Writes the entry whole, also over an older one; on the disk when this returns. Throws a PreflightError. */
  write(entry: RunEntry): void {
    const file = this.fileOf(entry.runId);
    const fresh = `${file}.new`;
    try {
      makeDirectory(this.#directory);
      writeSynced(fresh, `${JSON.stringify(entry, undefined, 2)}\n`);
      renameSync(fresh, file);
      syncDirectory(this.#directory);
    } catch (error) {
      throw new PreflightError(`cannot register the run in ${this.#directory}: ${messageOf(error)}`, {
        cause: error,
        hint: 'stormglass keeps there what it must undo after a crash: make it writable, or set XDG_STATE_HOME',
      });
    }
  }

  /** The entry of that run; `undefined` when there is none. Throws when it cannot be read. */
  read(runId: string): RunEntry | undefined {
    return readEntry(this.fileOf(runId));
  }

  remove(runId: string): void {
    rmSync(this.fileOf(runId), { force: true });
  }

  list(): RegistryListing {
    const entries: RunEntry[] = [];
    const unreadable: { file: string; why: string }[] = [];
    for (const name of namesIn(this.#directory)) {
      const file = join(this.#directory, name);
      try {
        const entry = readEntry(file);
        if (entry) entries.push(entry);
      } catch (error) {
        unreadable.push({ file, why: messageOf(error) });
      }
    }
    return { entries, unreadable };
  }
}

/** What a failed write leaves is no entry, and is written over by the next. */
function writeSynced(file: string, text: string): void {
  const fd = openSync(file, 'w');
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The entry in a file of the registry; `undefined` when it is not there. Throws when it is not an entry. */
export function readEntry(file: string): RunEntry | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const entry: unknown = JSON.parse(text);
  if (!isEntry(entry)) throw new Error('not the entry of a run');
  return entry;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new PreflightError(`cannot read which runs there are in ${directory}: ${messageOf(error)}`, {
      cause: error,
      hint: 'make it a directory that you may read, or set XDG_STATE_HOME to another',
    });
  }
}

function isEntry(value: unknown): value is RunEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  const texts = ['runId', 'scenario', 'startedAt', 'host', 'runDir', 'undoLog', 'journal', 'audit'];
  return (
    entry.version === 1 &&
    texts.every((key) => typeof entry[key] === 'string') &&
    RUN_ID.test(entry.runId as string) &&
    isIdentity(entry.process) &&
    (entry.watchdog === undefined || isIdentity(entry.watchdog)) &&
    (entry.socket === undefined || typeof entry.socket === 'string')
  );
}

/** Also for what others left in files: identities come from the disk as they went there. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startedAt } = value as Record<string, unknown>;
  return Number.isInteger(pid) && (pid as number) > 0 && typeof startedAt === 'string';
}
