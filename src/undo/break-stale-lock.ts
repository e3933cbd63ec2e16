import { hostname } from 'node:os';
import type { LockHolder } from '../contracts/control.js';
import { isAlive } from '../processes/identity.js';
import { userName } from './audit-log.js';
import { recover } from './recover.js';

/**
 * Whether the holder of a system's lock has died on this machine and nothing of its run is left: then its lock may be
 * removed. What is left of the run is undone first. Of a run on another machine, or of another user, nobody here can say: it
 * counts as alive.
 */
export async function isStaleHolder(
  stateDir: string,
  { host, user, pid, startedAt, run }: LockHolder,
): Promise<boolean> {
  if (host !== hostname() || user !== userName()) return false;
  if (!/^[1-9]\d*$/.test(pid) || isAlive({ pid: Number(pid), startedAt })) return false;
  const { runs } = await recover({ stateDir, only: run });
  return runs.every(({ state }) => state === 'undone');
}
