import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { RemoveNode } from '../contracts/undo.js';
import { readJsz } from '../nats/endpoints.js';
import { hasArgument } from '../processes/command-line.js';
import { endProcess } from '../processes/end-process.js';
import { findMarked } from '../processes/run-mark.js';

/** A server gets as long to end in order as it does when its cluster is taken down. */
const END_GRACE_MS = 2_000;
/** A busy server may not answer the first question. */
const TELLS_WITHIN_MS = 10_000;

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

/** The nodes that say it is a member, or that are there and do not answer: they may well count it. */
async function whoCounts({ serverName, monitorUrls }: RemoveNode): Promise<string[]> {
  const answers = await Promise.all(
    monitorUrls.map(async (url) => {
      const peers = await waitFor(() => peersAt(url), { timeoutMs: TELLS_WITHIN_MS });
      return peers === undefined || peers.includes(serverName) ? [url] : [];
    }),
  );
  return answers.flat();
}

/** Whom a server counts; nobody where there is none any more. */
async function peersAt(url: string): Promise<readonly string[]> {
  try {
    return ((await readJsz(url)).meta_cluster?.replicas ?? []).map(({ name }) => name);
  } catch (error) {
    if (/ECONNREFUSED/.test(messageOf(error))) return [];
    throw error;
  }
}
