import { connect } from 'node:net';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { messageOf, StormglassError, UsageError } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { HandAnswer, HandRequest, RunStatus } from '../contracts/hand.js';
import { RunInterrupted } from '../engine/interruption.js';
import { isAlive } from '../processes/identity.js';
import { type RunEntry, RunRegistry } from '../undo/run-registry.js';
import type { Surroundings } from './surroundings.js';

const START_HINT =
  'start one with `stormglass run <scenario.yaml>`; `stormglass status` lists those that go on';
const STATUS_WITHIN_MS = 5_000;

/** The runs of this user that are registered on this machine, the newest first. */
function registeredRuns({ stateDir }: Pick<Surroundings, 'stateDir'>): RunEntry[] {
  return new RunRegistry(stateDir)
    .list()
    .entries.filter(({ host }) => host === hostname())
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** Those of them that go on. */
const runningRuns = (surroundings: Pick<Surroundings, 'stateDir'>): RunEntry[] =>
  registeredRuns(surroundings).filter(({ process }) => isAlive(process));

/** @throws UsageError when there is no such run */
export function findRunning(surroundings: Pick<Surroundings, 'stateDir'>, run = 'latest'): RunEntry {
  const running = runningRuns(surroundings);
  const found = run === 'latest' ? running[0] : running.find(({ runId }) => runId === run);
  if (found !== undefined) return found;
  const ids = running.map(({ runId }) => runId).join(', ');
  if (run === 'latest') throw new UsageError('no run goes on that could be asked', { hint: START_HINT });
  throw new UsageError(`no run ${run} goes on`, { hint: ids === '' ? START_HINT : `those that do: ${ids}` });
}

/**
 * Asks a run that goes on, and tells each of its answers as it comes; whoever has heard enough returns true. Rejects
 * when the run cannot be reached, when it ends before its last answer, and when the signal aborts: what was asked of the
 * run goes on then.
 */
export async function askRun(
  { runId, socket: path }: RunEntry,
  request: HandRequest,
  onAnswer: (answer: HandAnswer) => boolean,
  signal: AbortSignal,
): Promise<void> {
  if (path === undefined) throw new UsageError(`run ${runId} cannot be asked: it has no socket`);
  const socket = connect(path);
  let onAbort = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(noLonger(runId, signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      const fail = (error: unknown) =>
        reject(new UsageError(`run ${runId} cannot be asked: ${messageOf(error)}`, { cause: error }));
      socket.on('error', fail);
      socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
      const lines = createInterface({ input: socket });
      lines.on('error', fail);
      lines.on('line', (line) => {
        try {
          if (onAnswer(JSON.parse(line) as HandAnswer)) resolve();
        } catch (error) {
          reject(error);
        }
      });
      lines.on('close', () => fail(new Error('it ended before it had answered')));
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

/** Ctrl-C ends the asking, and nothing in the run. */
function noLonger(runId: string, reason: unknown): unknown {
  if (!(reason instanceof RunInterrupted)) return reason;
  return new StormglassError(reason.exit, `no longer listening to run ${runId}: ${reason.message}`, {
    hint: 'what was asked of it goes on: see `stormglass status`; `stormglass heal` ends a fault',
  });
}

/** A run that does not answer is told with why; so is one that died and of which not everything is undone. */
export type RunSight = { readonly entry: RunEntry } & (
  | { readonly status: RunStatus }
  | { readonly problem: string; readonly died?: true }
);

/** How every run of this user on this machine stands, those included that died and of which something may be left. */
export async function statusOfRuns(surroundings: Pick<Surroundings, 'stateDir'>): Promise<RunSight[]> {
  return Promise.all(
    registeredRuns(surroundings).map(async (entry): Promise<RunSight> => {
      if (!isAlive(entry.process)) return { entry, problem: afterDeath(entry), died: true };
      let status: RunStatus | undefined;
      const late = new AbortController();
      const onAnswer = (answer: HandAnswer): boolean => {
        if (answer.say === 'status') status = answer.status;
        return true;
      };
      const asking = askRun(entry, { do: 'status' }, onAnswer, late.signal);
      const problem = await withDeadline(asking, STATUS_WITHIN_MS, 'its answer').then(() => '', messageOf);
      // A run that stands still would keep the line, and this process, open.
      late.abort(new Error('its answer is not waited for any more'));
      return status === undefined ? { entry, problem } : { entry, status };
    }),
  );
}

function afterDeath({ process, watchdog }: RunEntry): string {
  const died = `its process ${process.pid} has died`;
  return watchdog !== undefined && isAlive(watchdog)
    ? `${died}, and its watchdog undoes what it left`
    : `${died}, and what it left is not undone: run \`stormglass recover\``;
}
