import type { ProcessIdentity } from '../contracts/cluster.js';
import type { StartNode } from '../contracts/undo.js';
import { hasArgument } from '../processes/command-line.js';
import { isAlive } from '../processes/identity.js';
import { lastWords, sizeOf } from '../processes/log-tail.js';
import { startMarkedProcess } from '../processes/marked-process.js';
import { findMarked } from '../processes/run-mark.js';
import { untilServerRuns } from '../processes/server-begun.js';

/** How a node is started, whichever record says so. */
type NodeStart = Pick<StartNode, 'node' | 'command' | 'args' | 'mark' | 'logFile'>;

/** Starts a server as it was started before, unless it runs. Returns what was done or found; throws when it does not stay. */
export async function startNodeAgain(record: NodeStart): Promise<string> {
  const running = await findRunning(record);
  if (running) return `${record.node} runs already, as process ${running.pid}`;
  const { command, args, mark, logFile } = record;
  const logFromByte = sizeOf(logFile);
  const { identity, ended } = await startMarkedProcess({ command, args, mark, logFile, unattended: true });
  await untilServerRuns({ logFile, logFromByte }, () => !isAlive(identity));
  if (!isAlive(identity)) {
    const { code, signal } = await ended;
    const words = lastWords(logFile, logFromByte);
    throw new Error(
      `${record.node} ended at once with ${signal ?? `code ${code}`}: ${words === '' ? `see ${logFile}` : words}`,
    );
  }
  return `started ${record.node} as process ${identity.pid}`;
}

/** The run's process with the node's arguments: no other has them, for they name the node's own configuration. */
export async function findRunning({ args, mark }: NodeStart): Promise<ProcessIdentity | undefined> {
  const marked = await findMarked(mark);
  return marked.find((identity) => args.every((word) => hasArgument(identity, word)));
}
