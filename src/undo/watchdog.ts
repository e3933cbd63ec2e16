import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, PreflightError } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { endProcess } from '../processes/end-process.js';
import { identify, isAlive } from '../processes/identity.js';
import { WATCHDOG_MARK } from '../processes/run-mark.js';
import { READY, RELEASE } from './watchdog-protocol.js';

export interface WatchdogOptions {
  /** The program that calls `watchRun`. */
  readonly entry: URL;
  /** Path of node. */
  readonly executable: string;
  /** Where the run is registered, already, by its id. */
  readonly stateDir: string;
  readonly runId: string;
  /** The little that the watchdog, and a server that it starts again, inherit: PATH, HOME, TMPDIR. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the watchdog says when it breaks; removed at the end when that was nothing. */
  readonly logFile: string;
  /** Called when it ended without having been released: the run goes on unguarded. */
  readonly onDeath?: (detail: string) => void;
  /** How long it may take to start, 20 s unless told: the machine may be busy. */
  readonly startTimeoutMs?: number;
}

/** The process that outlives the run. */
export interface Watchdog {
  readonly identity: ProcessIdentity;
  /** Sends it away when the run has ended in order: everything is undone, or known to be left. Resolves when it is gone. */
  release(): Promise<void>;
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR'];
const RELEASE_TAKES_MS = 5_000;

/**
 * Starts the run's watchdog, in a session of its own, and resolves when it watches. Its standard input is the line
 * by which it notices our death, however we die. Throws a PreflightError.
 */
export async function startWatchdog(options: WatchdogOptions): Promise<Watchdog> {
  const { child, failure } = spawnWatchdog(options);
  let released = false;
  let ended: string | undefined;
  const end = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('exit', (code, signal) =>
      resolve(signal ? `it was ended by ${signal}` : `it ended with code ${code}`),
    );
  });
  void end.then((how) => {
    ended = how;
  });
  // What is still written to a watchdog that has gone is of no interest.
  child.stdin?.on('error', () => {});

  const ready = new Promise<boolean>((resolve) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes(READY)) resolve(true);
    });
    void end.then(() => resolve(false));
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  const watches = await withDeadline(ready, options.startTimeoutMs ?? 20_000, 'its start').catch(messageOf);
  if (identity === undefined || watches !== true) {
    if (identity) await endProcess(identity, { graceMs: 0 });
    throw failure(ended ?? String(watches));
  }

  child.stdout?.destroy();
  child.unref();
  (child.stdin as Socket | null)?.unref();
  void end.then((how) => {
    if (!released) options.onDeath?.(`the watchdog has died: ${how}${lastWords(options.logFile)}`);
  });

  return {
    identity,
    async release() {
      released = true;
      child.ref();
      child.stdin?.end(RELEASE);
      const gone = await waitFor(() => !isAlive(identity), { timeoutMs: RELEASE_TAKES_MS, everyMs: 10 });
      if (!gone) await endProcess(identity, { graceMs: 0 });
      if (sizeOf(options.logFile) === 0) rmSync(options.logFile, { force: true });
    },
  };
}

function spawnWatchdog(options: WatchdogOptions): {
  child: ChildProcess;
  failure: (why: string) => PreflightError;
} {
  const failure = (why: string, cause?: unknown) =>
    new PreflightError(`the watchdog does not start: ${why}${lastWords(options.logFile)}`, {
      cause,
      hint: 'without it, nothing would be undone if stormglass were killed; so nothing is begun',
    });
  const env: Record<string, string> = { [WATCHDOG_MARK]: options.runId };
  for (const name of INHERITED) {
    const value = options.env[name];
    if (value !== undefined) env[name] = value;
  }
  let log: number | undefined;
  try {
    mkdirSync(dirname(options.logFile), { recursive: true });
    log = openSync(options.logFile, 'a');
    const args = [fileURLToPath(options.entry), options.stateDir, options.runId];
    // Its own session: a Ctrl-C on our terminal is not for it. The root directory: it keeps no other in use.
    const child = spawn(options.executable, args, {
      cwd: '/',
      detached: true,
      env,
      stdio: ['pipe', 'pipe', log],
    });
    return { child, failure };
  } catch (error) {
    throw failure(messageOf(error), error);
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function lastWords(logFile: string): string {
  try {
    const text = readFileSync(logFile, 'utf8').trim();
    return text === '' ? '' : `\n${text.slice(-2000)}`;
  } catch {
    return '';
  }
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}
