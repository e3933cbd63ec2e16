import { messageOf } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import type { ContinueProcess, UndoHandlers, UndoOutcome, UndoRecord } from '../contracts/undo.js';
import { endMarked, sendSignal } from '../processes/end-process.js';
import { isAlive, isStopped } from '../processes/identity.js';
import { findMarked } from '../processes/run-mark.js';
import { dockerHandlers } from './docker-handlers.js';
import { endFaultProcesses } from './end-fault-processes.js';
import { liftThrottleOf } from './lift-throttle.js';
import { removeMarkedDirectory } from './marked-directory.js';
import { rejoinNode } from './rejoin-node.js';
import { removeNode } from './remove-node.js';
import { restoreLinks } from './restore-links.js';
import { restoreOpenFiles } from './restore-open-files.js';
import { runUndoCommand } from './run-undo-command.js';
import { pageOfDeadRun } from './serve-page.js';
import { startNodeAgain } from './start-node-again.js';
import { unmountVolumes } from './unmount-volumes.js';

/** How long an undo may take, by kind. */
const DEADLINE_MS: Record<UndoRecord['kind'], number> = {
  'end-marked-processes': 30_000,
  'end-fault-processes': 15_000,
  'remove-directory': 60_000,
  'start-node': 30_000,
  'remove-node': 45_000,
  'continue-process': 5_000,
  'restore-open-files': 10_000,
  'unmount-volumes': 60_000,
  'rejoin-node': 90_000,
  'lift-throttle': 10_000,
  'restore-links': 15_000,
  // Beyond the deadline that it has of its own.
  'run-command': 3_600_000,
  'docker-remove': 120_000,
  'docker-start': 60_000,
  'docker-unpause': 30_000,
  'docker-connect': 30_000,
  'docker-unshape': 30_000,
  'remove-stream': 15_000,
  'remove-streams': 120_000,
  'serve-page': 10_000,
};

/** What a server gets to end by itself: it closes its files, and nobody waits for long. */
const END_GRACE_MS = 2_000;

/** Removes streams as somebody who has to say who he is, which a record does not. */
export function streamRemoval(
  who: Omit<ServerAccess, 'servers'>,
): Pick<UndoHandlers, 'remove-stream' | 'remove-streams'> {
  // Loaded when it is needed: the watchdog starts with every run, and seldom has a stream to remove.
  const load = () => import('../nats/remove-marked-stream.js');
  return {
    'remove-stream': async ({ servers, stream, mark }) =>
      (await load()).removeMarkedStream({ ...who, servers }, stream, mark),
    'remove-streams': async ({ servers, prefix, mark }) => {
      const removed = await (await load()).removeMarkedStreams({ ...who, servers }, prefix, mark);
      return removed === 0 ? 'there were none' : `removed ${removed}`;
    },
  };
}

const HANDLERS: UndoHandlers = {
  'end-marked-processes': async ({ mark }) => {
    const ended = await endMarked(mark, { graceMs: END_GRACE_MS });
    const left = await findMarked(mark);
    if (left.length > 0) throw new Error(`still running: ${left.map(({ pid }) => pid).join(', ')}`);
    return ended === 0 ? 'none was running' : `ended ${ended}`;
  },
  'remove-directory': removeMarkedDirectory,
  'start-node': startNodeAgain,
  'remove-node': removeNode,
  'continue-process': continueProcess,
  'end-fault-processes': endFaultProcesses,
  'unmount-volumes': unmountVolumes,
  'rejoin-node': rejoinNode,
  'lift-throttle': liftThrottleOf,
  'restore-open-files': restoreOpenFiles,
  'restore-links': restoreLinks,
  'run-command': runUndoCommand,
  'serve-page': pageOfDeadRun,
  ...dockerHandlers,
  ...streamRemoval({}),
};

/**
 * Carries out an undo record, from its data alone; doing it twice does no harm. Never throws: what could not be
 * done is said in the outcome. A run hands in what it does better itself, such as starting a node through the cluster
 * that keeps track of it.
 */
export async function carryOut(
  record: UndoRecord,
  overrides: Partial<UndoHandlers> = {},
): Promise<UndoOutcome> {
  try {
    // Which record a handler takes is said by the key it stands under, which the type checker cannot follow.
    const handle = (overrides[record.kind] ?? HANDLERS[record.kind]) as
      | ((record: UndoRecord) => Promise<string>)
      | undefined;
    if (handle === undefined) {
      throw new Error(`this version of stormglass does not know how to undo ${record.kind}`);
    }
    const detail = await withDeadline(handle(record), DEADLINE_MS[record.kind], record.what);
    return { record, undone: true, detail };
  } catch (error) {
    return { record, undone: false, detail: messageOf(error) };
  }
}

async function continueProcess({ pid, startedAt }: ContinueProcess): Promise<string> {
  const identity = { pid, startedAt };
  if (!sendSignal(identity, 'SIGCONT')) return 'the process has ended';
  if (!(await waitFor(() => !isStopped(identity), { timeoutMs: 2_000, everyMs: 10 }))) {
    throw new Error(`process ${pid} is still stopped after SIGCONT`);
  }
  return isAlive(identity) ? 'continued' : 'the process has ended';
}
