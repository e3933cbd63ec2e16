import { waitFor } from '../base/wait.js';
import type { RejoinNode } from '../contracts/undo.js';
import { waitUntilCaughtUp } from '../nats/caught-up.js';
import { endProcess } from '../processes/end-process.js';
import { repairStore } from '../processes/repair-store.js';
import { findRunning, startNodeAgain } from './start-node-again.js';

/** How long a server that others may be starting just now is looked for. */
const ENDS_WITHIN_MS = 10_000;

/** Ends the server, repairs its files, starts it. Returns what was done; rejects when any of it cannot be. */
export async function rejoinNode(record: RejoinNode): Promise<string> {
  const ended = await waitFor(
    async () => {
      const running = await findRunning(record);
      if (running) await endProcess(running, { graceMs: 0 });
      return running === undefined;
    },
    { timeoutMs: ENDS_WITHIN_MS },
  );
  if (!ended) throw new Error(`${record.node} is started again and again`);
  const repaired = await repairStore(record.root, record.mark, record);
  const started = await startNodeAgain(record);
  const state = record.monitorUrl && (await waitUntilCaughtUp(record.monitorUrl));
  return [repaired, started, state].filter(Boolean).join('; ');
}
