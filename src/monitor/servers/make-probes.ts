import { NS } from '../../base/nanoseconds.js';
import type { LoadNotice } from '../../contracts/load.js';
import type { MonitorTask } from '../../contracts/monitor.js';
import type { OwnEventSink } from '../../contracts/own-event.js';
import { Partition } from '../partition/partition.js';
import { type ProbesPlan, probesSchema } from './probes-schema.js';
import { ServerProbes } from './server-probes.js';

const EVERY_NS = 5 * NS.s;
const SHORTEST_MS = 250;

/** The probe of the servers that the task names, or of those of its section `probes`; undefined where it names none and has no section. */
export function makeProbes(
  { servers, plan, access, connectionName = 'stormglass monitor' }: MonitorTask,
  sink: OwnEventSink,
  onNotice: (notice: LoadNotice) => void,
): ServerProbes | undefined {
  const section = plan.sections?.probes as ProbesPlan | undefined;
  if (servers === undefined && section === undefined) return undefined;
  // Of several monitors one asks, and tells: the one that counts what is told.
  if (plan.partition !== undefined && !new Partition(plan.partition, plan).ownsDomain('nats'))
    return undefined;
  const settings = section ?? probesSchema.parse({});
  // In a run its nodes, on the command line what is named there; the file says who else there may be.
  const given = servers?.targets ?? [];
  const targets = given.length > 0 ? given : settings.servers.map((monitorUrl) => ({ monitorUrl }));
  const everyMs =
    settings.every === undefined
      ? Math.max(SHORTEST_MS, EVERY_NS / NS.ms / (servers?.hurry ?? 1))
      : settings.every / NS.ms;
  return new ServerProbes({
    targets,
    everyMs,
    deadlineMs: settings.deadline / NS.ms,
    maxStreams: settings['max-streams'],
    maxConsumers: settings['max-consumers'],
    ...(servers?.systemAccess !== undefined && { systemAccess: servers.systemAccess }),
    access,
    connectionName,
    sink,
    onNotice,
  });
}
