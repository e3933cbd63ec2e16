import { waitFor } from '../base/wait.js';
import type { SystemControl } from '../contracts/control.js';
import type { GeneratorTask } from '../contracts/load.js';
import type { LoadResult } from '../contracts/run-result.js';
import { messagesInAll } from './findings.js';
import { connectionPrefix } from './generator-tasks.js';
import type { RunServices } from './services.js';

/** A server remembers 10,000 connections that were closed, those of all loads together. */
const MOST_SOCKETS = 9_000;

/**
 * What the servers took from each load's connections, by load; without those whose operations are no messages, or whose
 * connections are more than a server remembers. A connection that was just closed may not be listed yet: it looks again,
 * for `withinMs`.
 */
export async function confirmLoads(
  tasks: readonly GeneratorTask[],
  {
    control,
    runId,
    services,
    results,
    withinMs,
  }: {
    readonly control: SystemControl;
    readonly runId: string;
    readonly services: Pick<RunServices, 'loadFacts'>;
    readonly results: () => readonly LoadResult[];
    readonly withinMs: number;
  },
): Promise<Readonly<Record<string, number>> | undefined> {
  let confirmed: Record<string, number> | undefined;
  await waitFor(
    async () => {
      const byConnection = await control.publishedBy(connectionPrefix(runId));
      const counts: Record<string, number> = {};
      for (const { load, connectionName } of tasks) {
        const { messages, socketsOf } = services.loadFacts(load.kind);
        if (messages === false || (socketsOf?.(load, 0) ?? 0) * load.workers > MOST_SOCKETS) continue;
        counts[load.name] = (counts[load.name] ?? 0) + (byConnection.get(connectionName) ?? 0);
      }
      confirmed = counts;
      return results().every(
        (load) => (counts[load.name] ?? Number.POSITIVE_INFINITY) >= messagesInAll(load),
      );
    },
    { timeoutMs: withinMs, everyMs: 100 },
  );
  return confirmed;
}
