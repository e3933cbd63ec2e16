import { readFileSync } from 'node:fs';
import { PreflightError } from '../../base/errors.js';
import { formatInteger } from '../../base/units.js';
import type { ClusterNode } from '../../contracts/cluster.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { readVarz } from '../../nats/endpoints.js';
import type { PrepareContext } from '../load-kind.js';
import { socketsOfWorker } from './agents-plan.js';

/** What a server has open beside its clients: routes, listeners, its store, the run's own connections. */
const SERVER_FILES = 100;
/** Fewer are no matter. */
const FEW = 200;

/**
 * Looks whether the servers, and the ports of this machine, have room for the sockets of a load. What this machine's own
 * open files allow is looked at when the plan is made, since it decides how many processes there are.
 * @throws PreflightError that says the limit and how to raise it
 */
export async function requireSockets(
  load: LoadPlan,
  { nodes, access, openFiles }: PrepareContext,
): Promise<void> {
  let sockets = 0;
  for (let worker = 0; worker < load.workers; worker++) sockets += socketsOfWorker(load, worker);
  if (sockets <= FEW) return;
  const share = Math.ceil(sockets / access.servers.length);
  const refuse = (limit: string, hint: string): never => {
    throw new PreflightError(
      `load ${load.name} opens ${formatInteger(sockets)} sockets, ${formatInteger(share)} to each server, and ${limit}`,
      { hint: `${hint}, or give the cluster more nodes, or open fewer` },
    );
  };
  const ports = localPorts();
  if (share > ports) {
    refuse(
      `this machine has ${formatInteger(ports)} ports to connect from to one address`,
      'widen them: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`',
    );
  }
  for (const node of nodes) {
    const most = await mostConnections(node);
    if (most !== undefined && share > most) {
      refuse(`${node.name} takes ${formatInteger(most)} more`, 'raise `max_connections` in cluster.config');
    }
    const files = node.process && (await openFiles?.(node.process.pid));
    if (files && files.limit !== null && share + SERVER_FILES > files.limit - (files.open ?? 0)) {
      refuse(
        `${node.name} may have ${formatInteger(files.limit)} files open`,
        'raise the limit in the shell that starts it, `ulimit -n`',
      );
    }
  }
}

/** How many more clients a server takes; `undefined` where it does not say. */
async function mostConnections({ monitorUrl }: ClusterNode): Promise<number | undefined> {
  if (monitorUrl === undefined) return undefined;
  const { max_connections, connections } = await readVarz(monitorUrl);
  return max_connections === undefined ? undefined : max_connections - connections;
}

/** Ports that connections to one address can come from. */
function localPorts(): number {
  try {
    const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return high! - low! + 1;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
