import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import type { IntervalReport } from '../../../src/contracts/load.js';
import type { ResourceSample, ResourcesResult, WorkerSample } from '../../../src/contracts/resources.js';
import { ResourceBook } from '../../../src/engine/resource-book.js';

const MIB = 2 ** 20;

export interface SampleResourcesOptions {
  readonly startNs: number;
  readonly seconds: number;
  readonly random: Random;
  /** Seconds in which n2 was gone. */
  readonly goneFrom: number;
  readonly goneTo: number;
}

/** What servers, threads, the process and the machine of the sample run used, second by second. */
export function sampleResources(options: SampleResourcesOptions): ResourceSample[] {
  const { startNs, seconds, random, goneFrom, goneTo } = options;
  const samples: ResourceSample[] = [];
  const around = (mean: number): number => mean * (0.85 + 0.3 * random.next());
  for (let second = 0; second < seconds; second++) {
    const at = { startNs: startNs + second * NS.s, endNs: startNs + (second + 1) * NS.s };
    let busyNs = 0;
    const use = (cores: number): number => {
      const cpuNs = around(cores) * NS.s;
      busyNs += cpuNs;
      return cpuNs;
    };
    const worker = (role: WorkerSample['role'], load: string, index: number, cores: number): WorkerSample => {
      const cpuNs = use(cores);
      return {
        of: 'worker',
        role,
        load,
        worker: index,
        ...at,
        cpuNs,
        runQueueNs: around(0.03) * NS.s,
        activeNs: Math.min(NS.s, cpuNs * 1.05),
        loopDelayP99Ns: around(1.5) * NS.ms,
        loopDelayMaxNs: around(4) * NS.ms,
        gcPauses: second % 3,
        gcNs: around(2) * NS.ms,
        gcMaxNs: around(1) * NS.ms,
        heapBytes: around(18) * MIB,
        heapLimitBytes: 4096 * MIB,
        externalBytes: around(6) * MIB,
        connections: role === 'conductor' ? 0 : 1,
        socketHeldNs: 0,
      };
    };
    for (const node of ['n1', 'n2', 'n3']) {
      if (node === 'n2' && second >= goneFrom && second < goneTo) continue;
      samples.push({
        of: 'server',
        node,
        source: 'process',
        ...at,
        cpuNs: use(node === 'n2' ? 0.34 : 0.22),
        residentBytes: around(60 + second) * MIB,
        openFiles: 22,
        connections: null,
        storeBytes: second * 0.4 * MIB,
        freeBytes: 40_000 * MIB - second * MIB,
        readBytes: 0,
        writtenBytes: around(0.5) * MIB,
      });
    }
    samples.push(
      worker('generator', 'orders', 0, 0.12),
      worker('generator', 'firehose', 0, 0.08),
      worker('generator', 'firehose', 1, 0.08),
      worker('monitor', '', -1, 0.1),
      worker('conductor', '', -1, 0.03),
      {
        of: 'process',
        ...at,
        cpuNs: around(0.45) * NS.s,
        residentBytes: around(210) * MIB,
        openFiles: 41,
        openFilesLimit: 20_000,
      },
      {
        of: 'machine',
        ...at,
        cores: 2,
        busyNs: busyNs + 0.1 * NS.s,
        stolenNs: 0,
        availableBytes: 5_000 * MIB,
      },
    );
  }
  return samples;
}

/** The samples put together as a run does. */
export function resourcesOf(
  samples: readonly ResourceSample[],
  reports: readonly IntervalReport[],
  startNs: number,
): ResourcesResult {
  const book = new ResourceBook(() => 500 * NS.ms);
  book.start(startNs);
  for (const report of reports) book.addReport(report);
  for (const sample of samples) book.add(sample);
  return {
    clock: { granularityNs: 40, readNs: 60, errorNs: 1200, timerLateP50Ns: 80_000, timerLateP99Ns: 450_000 },
    cores: book.cores,
    users: book.uses,
    limits: [
      {
        load: 'orders',
        by: 'system',
        text: 'the system held up 3.4 % of its operations (window, socket or reconnection); its thread used 12 % of a core, 14 % at most',
      },
      {
        load: 'firehose',
        by: 'schedule',
        text: 'it kept its schedule: its 2 threads used, each, 8 % of a core, 9.2 % at most',
      },
    ],
    ...book.timeline(1200),
  };
}
