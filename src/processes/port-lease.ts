import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PreflightError } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import { seededRandom } from '../base/random.js';
import { type Claim, sweepClaims, tryClaim } from './claim.js';

const leasesOf = (stateDir: string): string => join(stateDir, 'ports');

/** Takes back the ports of runs that have died. They would be taken back when somebody wants them; this is tidier. */
export const releaseDeadLeases = (stateDir: string): Promise<void> => sweepClaims(leasesOf(stateDir));

/** Ports that no other stormglass process will take while this lease lasts. */
export interface PortLease extends Disposable {
  readonly ports: readonly number[];
}

export interface PortLeaseOptions {
  /** Where the stormglass processes of this user meet. */
  readonly stateDir: string;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** Where to begin to look; anywhere unless told, so that runs seldom meet. */
  readonly firstPort?: number;
}

/**
 * Leases free ports. A port that is only looked at and then used can be taken in between: by another run, so they
 * are claimed in the state directory; by an outgoing connection, so they lie outside the range that the system takes
 * those from (a client that retries a dead port within it can even be connected to itself). What is left, a foreign
 * server started at the same moment, shows when ours does not come up. Throws a PreflightError when none are left.
 */
export async function leasePorts(count: number, options: PortLeaseOptions): Promise<PortLease> {
  const { stateDir, host = '127.0.0.1' } = options;
  const directory = leasesOf(stateDir);
  const range = portRange();
  const start = options.firstPort === undefined ? anywhere(range.size) : options.firstPort - range.first;
  const claims = new Map<number, Claim>();
  try {
    for (let i = 0; i < range.size && claims.size < count; i++) {
      const port = range.first + ((start + i) % range.size);
      const claim = await tryClaim(directory, String(port));
      if (claim === undefined) continue;
      claims.set(port, claim);
      if (await isPortFree(port, host)) continue;
      claims.delete(port);
      claim.release();
    }
    if (claims.size < count) {
      const last = range.first + range.size - 1;
      throw new PreflightError(
        `there are no ${count} free ports on ${host} between ${range.first} and ${last}`,
      );
    }
  } catch (error) {
    for (const claim of claims.values()) claim.release();
    throw error;
  }
  return {
    ports: [...claims.keys()],
    [Symbol.dispose]: () => {
      for (const claim of claims.values()) claim.release();
    },
  };
}

/** Whether a server could listen there now; on 127.0.0.1 unless told. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

const anywhere = (size: number): number => seededRandom(Number.parseInt(freshId(), 16)).below(size);

const LOWEST = 14_000;
const PREFERRED_SIZE = 10_000;

/** Ports that are neither well known nor taken for outgoing connections. */
function portRange(): { readonly first: number; readonly size: number } {
  const { low, high } = ephemeralRange();
  if (low - LOWEST >= 1000)
    return { first: Math.max(LOWEST, low - PREFERRED_SIZE), size: Math.min(low - LOWEST, PREFERRED_SIZE) };
  if (65_535 - high >= 1000) return { first: high + 1, size: 65_535 - high };
  // The system takes outgoing connections from everywhere; there is no better place.
  return { first: LOWEST, size: PREFERRED_SIZE };
}

function ephemeralRange(): { readonly low: number; readonly high: number } {
  try {
    const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    if (low && high) return { low, high };
  } catch {
    // Not Linux.
  }
  // What the IANA set aside for it, and macOS uses.
  return { low: 49_152, high: 65_535 };
}
