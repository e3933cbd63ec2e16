import { formatDuration, formatRatio } from '../base/units.js';
import type { ResourceUserKind } from '../contracts/resources.js';
import type { Figures } from '../metrics/resource-figures.js';
import type { FellBehind } from './resource-book.js';
import { FULL_CORE, FULL_LOOP } from './saturation.js';
import type { LedgerRow } from './worker-ledger.js';

/** A garbage collector that takes this much of a thread's time is what the thread is busy with. */
const MUCH_GC = 0.3;
/** A thread that is ready to run for so long without a core is short of cores. */
const LONG_QUEUE = 0.2;
/** A machine of which so much is in use has no core left to give. */
export const FULL_MACHINE = 0.9;
const MUCH_STOLEN = 0.2;
/** An event loop that was held up for so long, while its thread did not compute, stood still. */
const LONG_STANDSTILL_NS = 400e6;

/** What kept a thread of ours from being on time, in words, and what helps. */
export interface Bottleneck {
  readonly resource: 'garbage collection' | 'thread CPU' | 'cores' | 'host' | 'standstill' | 'unknown';
  readonly cause: string;
  readonly hint: string;
}

export interface BottleneckSetting {
  readonly workers: number;
  readonly cores: number;
}

/** Names the resource that a worker which fell behind lacked, from what was measured meanwhile. */
export function findBottleneck(
  { worst, meanwhile, total }: FellBehind,
  load: string,
  { workers, cores }: BottleneckSetting,
): Bottleneck {
  const own =
    meanwhile.find(({ kind, name }) => kind === 'generator' && name === `${load} ${worst}`)?.figures ?? {};
  const machine = meanwhile.find(({ kind }) => kind === 'machine')?.figures ?? {};
  const { cpuShare, runQueueShare = 0, loopShare = 0, gcShare = 0, heapShare = 0, loopDelayMaxNs = 0 } = own;
  const { machineShare, stolenShare = 0 } = machine;
  const fewer = `lower its rate (it managed ${formatRatio(kept(total))} of it)`;
  const free = machineShare === undefined ? cores : cores * (1 - machineShare);
  const more = moreWorkers(workers, kept(total), free, cores);

  if (gcShare >= MUCH_GC) {
    return {
      resource: 'garbage collection',
      cause: `garbage collection took ${formatRatio(gcShare)} of its thread's time (${formatRatio(heapShare)} of its heap was in use)`,
      hint: `spread it over more \`workers\`, give Node a larger heap (NODE_OPTIONS=--max-old-space-size=…), or ${fewer}`,
    };
  }
  if (cpuShare !== undefined && cpuShare >= FULL_CORE) {
    return {
      resource: 'thread CPU',
      cause: `its thread used ${formatRatio(cpuShare)} of a core, which is all that one thread can`,
      hint: `${more}, or ${fewer}`,
    };
  }
  if (stolenShare >= MUCH_STOLEN) {
    return {
      resource: 'host',
      cause: `the host of this virtual machine took ${formatRatio(stolenShare)} of its CPU time away`,
      hint: `run it on a machine that shares its cores with nobody, or ${fewer}`,
    };
  }
  if (runQueueShare >= LONG_QUEUE || (machineShare ?? 0) >= FULL_MACHINE) {
    return {
      resource: 'cores',
      cause:
        `this machine has no core left: its thread had one for ${formatRatio(cpuShare ?? loopShare)} of the time and ` +
        `waited for one for ${formatRatio(runQueueShare)}; ${useOfCores(meanwhile, cores)}`,
      hint: `${roomForMore(meanwhile, cores)}, or ${fewer}; more \`workers\` need cores to run on`,
    };
  }
  if (loopDelayMaxNs >= LONG_STANDSTILL_NS && loopShare < FULL_LOOP) {
    return {
      resource: 'standstill',
      cause: `its event loop stood still for up to ${formatDuration(loopDelayMaxNs)} while its thread used ${formatRatio(cpuShare ?? loopShare)} of a core`,
      hint: 'look for what stopped it: a suspended machine, a disk or a swap that it had to wait for, SIGSTOP',
    };
  }
  if (loopShare >= FULL_LOOP) {
    return {
      resource: 'thread CPU',
      cause: `its thread never rested (its event loop was busy for ${formatRatio(loopShare)} of the time)`,
      hint: `${more}, or ${fewer}`,
    };
  }
  return {
    resource: 'unknown',
    cause: `nothing that is measured says why (${describeFigures(own)}; ${useOfCores(meanwhile, cores)})`,
    hint: `${more}, or ${fewer}`,
  };
}

/** Who used the cores, in cores. */
interface CoresInUse {
  readonly servers: number;
  readonly generators: number;
  readonly monitor: number;
  readonly restOfOurs: number;
  /** Undefined where the machine as a whole does not say. */
  readonly others: number | undefined;
}

function coresInUse(users: FellBehind['meanwhile'], cores: number): CoresInUse {
  const sum = (kind: ResourceUserKind): number =>
    users
      .filter((user) => user.kind === kind)
      .reduce((total, { figures }) => total + (figures.cpuShare ?? 0), 0);
  const [servers, generators, monitor] = [sum('server'), sum('generator'), sum('monitor')];
  const ours = Math.max(sum('process'), generators + monitor);
  const machine = users.find(({ kind }) => kind === 'machine')?.figures.machineShare;
  return {
    servers,
    generators,
    monitor,
    restOfOurs: Math.max(0, ours - generators - monitor),
    others: machine === undefined ? undefined : Math.max(0, machine * cores - servers - ours),
  };
}

/** `of 2 cores, servers used 1.3, generators 0.6, the monitor 0.1, the rest of stormglass 0, others 0`. */
export function useOfCores(users: FellBehind['meanwhile'], cores: number): string {
  const { servers, generators, monitor, restOfOurs, others } = coresInUse(users, cores);
  const parts = [
    `servers used ${servers.toFixed(2)}`,
    `generators ${generators.toFixed(2)}`,
    `the monitor ${monitor.toFixed(2)}`,
    `the rest of stormglass ${restOfOurs.toFixed(2)}`,
    ...(others === undefined ? [] : [`others ${others.toFixed(2)}`]),
  ];
  return `of ${cores} cores, ${parts.join(', ')}`;
}

/** Whoever uses most should go first. */
function roomForMore(users: FellBehind['meanwhile'], cores: number): string {
  const { servers, generators, monitor, restOfOurs, others = 0 } = coresInUse(users, cores);
  const ours = generators + monitor + restOfOurs;
  if (others > servers && others > ours) return 'end what else runs on this machine, or use another';
  if (servers > ours) return 'run the servers on another machine, or use one with more cores';
  return 'run the load on another machine, or use one with more cores';
}

/** The share of the operations that it sent at all: about the rate that it can keep. */
const kept = (total: LedgerRow): number => (total.due === 0 ? 1 : Math.min(1, total.sent / total.due));

function moreWorkers(workers: number, keptShare: number, freeCores: number, cores: number): string {
  const wanted = Math.max(workers + 1, Math.min(256, Math.ceil(workers / Math.max(keptShare, 0.01))));
  if (wanted - workers <= freeCores + 0.5) return `give it \`workers: ${wanted}\``;
  return `give it more \`workers\` (${wanted} would do) on a machine with more cores: of the ${cores} of this one, ${freeCores.toFixed(1)} were free`;
}

const describeFigures = ({ cpuShare, runQueueShare, loopShare }: Figures): string =>
  [
    cpuShare !== undefined && `its thread used ${formatRatio(cpuShare)} of a core`,
    runQueueShare !== undefined && `waited for one for ${formatRatio(runQueueShare)}`,
    loopShare !== undefined && `its event loop was busy for ${formatRatio(loopShare)}`,
  ]
    .filter(Boolean)
    .join(', ');
