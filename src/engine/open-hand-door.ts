import { messageOf } from '../base/errors.js';
import { HandWork } from './hand-work.js';
import type { LoadStage } from './load-stage.js';
import type { RunContext } from './run-context.js';
import { RunDoor } from './run-door.js';
import type { SystemUnderTest } from './system-under-test.js';

/** How far the run is when somebody asks. */
export interface RunSoFar {
  system(): SystemUnderTest | undefined;
  load(): LoadStage | undefined;
}

/** Lets its owner act on the run by hand. Without its socket nothing can be done so, and all else goes on. */
export async function openHandDoor(
  { plan, runId, scenarioFile, dir, services, scope, journal, signal }: RunContext,
  startedAt: Date,
  socket: string | undefined,
  soFar: RunSoFar,
): Promise<void> {
  const hand = new HandWork({
    journal,
    run: { runId, scenario: scenarioFile, runDir: dir.path, startedAt: startedAt.toISOString() },
    conductor: () => soFar.load()?.conductor,
    loadStartNs: () => soFar.load()?.startNs ?? 0,
    readFault: (fault, id) => {
      // There are no faults by hand before there is a load, and no load without a system.
      const { cluster } = soFar.system() as SystemUnderTest;
      return services.readHandFault(fault, id, { plan, scenarioFile, cluster, signal });
    },
    requireLock: async () => soFar.system()?.lock?.take(),
  });
  try {
    if (socket === undefined) throw new Error('the path of its socket would be too long');
    scope.use('the socket of the run', await RunDoor.open(socket, hand.answer));
  } catch (error) {
    journal.write('error', { detail: `nothing can be done by hand: ${messageOf(error)}` });
  }
}
