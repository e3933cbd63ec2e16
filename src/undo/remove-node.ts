import { messageOf } from '../base/errors.js';
import type { RemoveNode } from '../contracts/undo.js';
import { readJsz } from '../nats/endpoints.js';
import { hasArgument } from '../processes/command-line.js';
import { endProcess } from '../processes/end-process.js';
import { findMarked } from '../processes/run-mark.js';

/** A server gets as long to end in order as it does when its cluster is taken down. */
const END_GRACE_MS = 2_000;

/**
 * Ends a server that was added to a cluster. Returns what was done or found; throws when the others still count it,
 * which only the system account can change.
 */
export async function removeNode(record: RemoveNode): Promise<string> {
  const { node, serverName, argument, mark } = record;
  const processes = (await findMarked(mark)).filter((identity) => hasArgument(identity, argument));
  for (const identity of processes) await endProcess(identity, { graceMs: END_GRACE_MS });
  const done = processes.length === 0 ? `${node} was not running` : `${node} was ended`;
  const counting = await whoCounts(record);
  if (counting.length > 0) {
    throw new Error(`${done}; ${counting.join(' and ')} still count ${serverName} as a member`);
  }
  return done;
}

/** The nodes that say it is a member. Who cannot be asked does not run, and counts nobody. */
async function whoCounts({ serverName, monitorUrls }: RemoveNode): Promise<string[]> {
  const answers = await Promise.all(
    monitorUrls.map(async (url) => {
      try {
        const peers = (await readJsz(url)).meta_cluster?.replicas ?? [];
        return peers.some(({ name }) => name === serverName) ? [url] : [];
      } catch (error) {
        // No server there any more; one that is there and does not answer may well count it.
        return /ECONNREFUSED/.test(messageOf(error)) ? [] : [url];
      }
    }),
  );
  return answers.flat();
}
