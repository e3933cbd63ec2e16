import type { SystemControl } from '../contracts/control.js';
import type { ServerAddress } from '../contracts/load.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import type { RemoveStream } from '../contracts/undo.js';
import type { Scope } from './scope.js';
import type { UndoDesk } from './undo-desk.js';

export interface LendStreamsOptions {
  readonly runId: string;
  readonly servers: readonly ServerAddress[];
  readonly control: Pick<SystemControl, 'streamBounds' | 'createStreams' | 'removeStreams'>;
  readonly undo: UndoDesk;
  readonly scope: Scope;
}

/** Creates streams on servers that stay: what removes them is written down first, and they are gone at the end. */
export async function lendStreams(
  streams: readonly StreamPlan[],
  { runId, servers, control, undo, scope }: LendStreamsOptions,
): Promise<void> {
  const lent: RemoveStream[] = [];
  for (const { name } of streams) {
    if ((await control.streamBounds(name)) !== undefined) continue;
    lent.push({
      kind: 'remove-stream',
      id: `stream-${name}`,
      what: `remove the stream ${name}`,
      manual: `nats --server ${servers.map(({ host, port }) => `${host}:${port}`).join(',')} stream rm ${name}`,
      stream: name,
      servers,
      mark: runId,
    });
  }
  undo.recordSurroundings(lent);
  // Not all that was missing a moment ago: another run may have made one of them since.
  let created: readonly string[] | undefined;
  scope.add('the streams', async () => {
    // Their records stand otherwise: it is tried once more by them, and said if they cannot be removed.
    if (created === undefined) return;
    try {
      await control.removeStreams(created);
    } catch {
      return;
    }
    undo.settle(lent.map((record) => ({ record, undone: true, detail: 'removed' })));
  });
  created = await control.createStreams(streams, runId);
}
