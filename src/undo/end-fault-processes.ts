import type { EndFaultProcesses } from '../contracts/undo.js';
import { hasArgument } from '../processes/command-line.js';
import { endProcess } from '../processes/end-process.js';
import { findMarked } from '../processes/run-mark.js';

/** What a fault started gets to end by itself. */
const END_GRACE_MS = 500;

/** Ends what a fault started, and nothing else of the run. Returns what was done; throws when one is left. */
export async function endFaultProcesses({ mark, tag }: EndFaultProcesses): Promise<string> {
  const ours = async () => (await findMarked(mark)).filter((identity) => hasArgument(identity, tag));
  const found = await ours();
  await Promise.all(found.map((identity) => endProcess(identity, { graceMs: END_GRACE_MS })));
  const left = await ours();
  if (left.length > 0) throw new Error(`still running: ${left.map(({ pid }) => pid).join(', ')}`);
  return found.length === 0 ? 'none was running' : `ended ${found.length}`;
}
