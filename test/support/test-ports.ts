import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import { ownerOf } from '../../src/processes/claim.js';
import { leasePorts, type PortLease } from '../../src/processes/port-lease.js';

/**
 * Where all tests of a run of vitest lease their ports. Test files run side by side: if each leased in a state directory of its
 * own, one could be given the port of a server of the other that is down for a moment.
 */
export const PORTS_STATE_DIR: string = inject('portsStateDir');

const CLAIMS = join(PORTS_STATE_DIR, 'ports');

/** Ports for what a test starts itself. */
export const leaseTestPorts = (count: number): Promise<PortLease> =>
  leasePorts(count, { stateDir: PORTS_STATE_DIR });

/** Has everybody who is given this state directory lease where all tests do. */
export function shareTestPorts(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true });
  symlinkSync(CLAIMS, join(stateDir, 'ports'));
}

/** The claims on ports that these processes hold, or left behind when they ended: `<port>.<pid>.<startedAt>`. */
export function portClaimsOf(owners: readonly ProcessIdentity[]): string[] {
  return readdirSync(CLAIMS).filter((file) => {
    const owner = ownerOf(file);
    return owners.some(({ pid, startedAt }) => owner?.pid === pid && owner.startedAt === startedAt);
  });
}
