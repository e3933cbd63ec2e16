import type { FromHelper, Helper, HelperOptions, ToHelper } from '../contracts/machine.js';
import { forkMarked } from './forked-process.js';
import { identify } from './identity.js';

export interface HelperProgram {
  /** What it runs: speaks as `ToHelper` and `FromHelper` say, and ends when the channel does. */
  readonly entry: URL;
  /** What it inherits of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Node begins, and the work does: to take a machine's memory needs some seconds. */
const READY_WITHIN_MS = 60_000;
/** What a process says on stderr before it ends is why. */
const STDERR_CHARACTERS = 2000;

/** Starts a helper and waits until it is at work. Rejects with its own words when it cannot be, and ends it then. */
export async function startHelper(program: HelperProgram, options: HelperOptions): Promise<Helper> {
  const { runId, tag, task, maxMs, niceness = 0, cpus, signal } = options;
  signal.throwIfAborted();
  const child = forkMarked({ ...program, mark: runId, args: [tag], ...(cpus !== undefined && { cpus }) });
  let report: unknown;
  let end: string | undefined;
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-STDERR_CHARACTERS);
  });

  let onAbort: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const told = message as FromHelper;
      if (told.say === 'ready') resolve();
      else if (told.say === 'report') report = told.report;
      else {
        end = told.error;
        reject(new Error(told.error));
      }
    });
    child.on('error', (error) => reject(error));
    child.on('close', (code, by) => {
      end ??= `ended ${by ? `by ${by}` : `with code ${code}`}${said && `: ${said.trim()}`}`;
      reject(new Error(`its process ${end}`));
    });
    timer = setTimeout(
      () => reject(new Error(`its process did not begin within ${READY_WITHIN_MS / 1000} s`)),
      READY_WITHIN_MS,
    );
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    // Before this turn ends nobody has reaped the child, so the pid is its own even if it has ended.
    const process = child.pid === undefined ? undefined : identify(child.pid);
    child.send({ say: 'begin', task, maxMs, niceness } satisfies ToHelper, () => {});
    await ready;
    if (process === undefined) throw new Error('its process was started and cannot be looked at');
    // It may stay longer than we do things: what ends it is the undo record, and the end of this process.
    child.unref();
    child.channel?.unref();
    (child.stderr as { unref?(): void } | null)?.unref?.();
    return { process, report: () => report, end: () => end };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
