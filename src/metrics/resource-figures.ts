import { NS } from '../base/clock.js';
import type {
  ResourceFigure,
  ResourceSample,
  ResourceUser,
  ServerSample,
  WorkerSample,
} from '../contracts/resources.js';

export type Figures = Readonly<Partial<Record<ResourceFigure, number>>>;

/** Shorter looks tell nothing: the last of a load may be of a few microseconds. */
const SHORTEST_NS = 100 * NS.ms;

/** Whether the figures of a sample mean anything. */
export const isTelling = ({ startNs, endNs }: ResourceSample): boolean => endNs - startNs >= SHORTEST_NS;

/** Whose sample it is. */
export function userOf(sample: ResourceSample): ResourceUser {
  switch (sample.of) {
    case 'server':
      return { kind: 'server', name: sample.node };
    case 'worker':
      return sample.role === 'generator'
        ? { kind: 'generator', name: `${sample.load} ${sample.worker}` }
        : { kind: sample.role, name: sample.role };
    case 'process':
      return { kind: 'process', name: sample.generator ?? 'stormglass' };
    case 'machine':
      return { kind: 'machine', name: 'machine' };
  }
}

/** A sample as figures that can be compared, charted and summed up; what nobody said is left out. */
export function figuresOf(sample: ResourceSample): Figures {
  const spanNs = sample.endNs - sample.startNs;
  const share = (ns: number | null): number | null => (ns === null || spanNs <= 0 ? null : ns / spanNs);
  switch (sample.of) {
    case 'server':
      return known({ cpuShare: share(sample.cpuNs), ...serverFigures(sample, spanNs) });
    case 'worker':
      return known({
        cpuShare: share(sample.cpuNs),
        runQueueShare: share(sample.runQueueNs),
        loopShare: share(sample.activeNs),
        gcShare: share(sample.gcNs),
        socketHeldShare: share(sample.socketHeldNs),
        ...workerFigures(sample),
      });
    case 'process': {
      const { residentBytes, openFiles, openFilesLimit } = sample;
      const openFilesShare =
        openFiles === null || openFilesLimit === null ? null : openFiles / openFilesLimit;
      return known({ cpuShare: share(sample.cpuNs), residentBytes, openFiles, openFilesShare });
    }
    case 'machine': {
      // The system counts in ticks of 10 ms, which a second may have one more of.
      const ofAll = (ns: number | null): number | null =>
        ns === null ? null : Math.min(1, (share(ns) ?? 0) / sample.cores);
      const { availableBytes } = sample;
      return known({
        machineShare: ofAll(sample.busyNs),
        stolenShare: ofAll(sample.stolenNs),
        availableBytes,
      });
    }
  }
}

function serverFigures(sample: ServerSample, spanNs: number) {
  const { residentBytes, openFiles, connections, storeBytes, freeBytes, readBytes, writtenBytes } = sample;
  const perSec = (bytes: number | null): number | null =>
    bytes === null || spanNs <= 0 ? null : (bytes / spanNs) * NS.s;
  return {
    residentBytes,
    openFiles,
    connections,
    storeBytes,
    freeBytes,
    readBytesPerSec: perSec(readBytes),
    writtenBytesPerSec: perSec(writtenBytes),
  };
}

function workerFigures(sample: WorkerSample) {
  const { loopDelayP99Ns, loopDelayMaxNs, gcMaxNs, gcPauses, heapBytes, externalBytes, connections } = sample;
  const heapShare = heapBytes / sample.heapLimitBytes;
  return {
    loopDelayP99Ns,
    loopDelayMaxNs,
    gcMaxNs,
    gcPauses,
    heapBytes,
    heapShare,
    externalBytes,
    connections,
  };
}

function known(figures: Partial<Record<ResourceFigure, number | null>>): Figures {
  return Object.fromEntries(
    Object.entries(figures).filter(([, value]) => value !== null && Number.isFinite(value)),
  ) as Figures;
}
