import type { LoadKindFacts } from '../contracts/load.js';
import type { Plan } from '../contracts/plan.js';
import type { LoadLimit, ResourcesResult } from '../contracts/resources.js';
import type { FaultResult, LoadResult, RunResult } from '../contracts/run-result.js';
import { recoveryPerFault } from '../metrics/recovery.js';
import { addRecoverySteps } from '../metrics/recovery-steps.js';
import { evaluateThreshold } from '../metrics/thresholds.js';
import { findLimits } from './load-limits.js';
import type { LoadStage } from './load-stage.js';
import { wasCutOff } from './notice-book.js';
import type { Finding } from './verdict.js';

/** A report's charts have no use for more points than this. */
const MOST_ROWS = 1200;

/** What a load has come to, as the result of its run has it. */
export type LoadFigures = Pick<
  RunResult,
  | 'loadStartNs'
  | 'loadEndNs'
  | 'loads'
  | 'faults'
  | 'probes'
  | 'thresholds'
  | 'timeline'
  | 'servers'
  | 'resources'
>;

export interface MeasuredLoad {
  readonly figures: LoadFigures;
  /** Loads that the generator, and not the system, kept from their schedule. */
  readonly lateLoads: readonly string[];
  /** What of the generator's own limits makes a run inconclusive. */
  readonly findings: readonly Finding[];
}

/** Puts what a load has measured into figures; those of none when the run ended before there was one, or before it began. */
export function measureLoad(
  load: LoadStage | undefined,
  plan: Plan,
  loadFacts: (kind: string) => LoadKindFacts,
): MeasuredLoad {
  const servers = load?.servers.counters ?? { restarted: [] };
  if (load === undefined || load.startNs === 0) {
    const figures = {
      ...{ loadStartNs: 0, loadEndNs: 0, loads: [], faults: [], probes: [], thresholds: [] },
      ...{ timeline: { rowNs: 1e9, loads: [] }, servers, resources: resourcesOf(load, []) },
    };
    return { figures, lateLoads: [], findings: [] };
  }
  const { books } = load;
  const loads = books.totals.results(load.endNs).map((result): LoadResult => {
    const crowd = books.crowds.get(result.name);
    return crowd ? { ...result, crowd } : result;
  });
  const faults = withRecoveries(load);
  const { limits, lateLoads, findings } = findLimits(plan.loads, loads, books.resources);
  const isGeneratorBound = (name: string): boolean =>
    limits.some(({ load: limited, by }) => limited === name && by === 'generator');
  const thresholds = plan.thresholds.map((threshold) =>
    evaluateThreshold(threshold, {
      loads,
      faults,
      acknowledged: (kind) => loadFacts(kind).acknowledged,
      monitorWasCutOff: wasCutOff(books.notices.all, 'monitor'),
      ownDoing: (name) => ({
        saturatedShare: books.resources.receivedWhileSaturated(name),
        answeredShare: books.resources.answeredWhileSaturated(name),
        receiver: books.resources.receivesItself(name) ? 'load' : 'monitor',
        isGeneratorBound: isGeneratorBound(name),
      }),
    }),
  );
  const figures = {
    ...{ loadStartNs: load.startNs, loadEndNs: load.endNs, loads, faults, thresholds, servers },
    probes: load.probes.results,
    timeline: books.totals.timeline(MOST_ROWS),
    resources: resourcesOf(load, limits),
  };
  return { figures, lateLoads, findings };
}

function withRecoveries({ books, faults, endNs, recovery }: LoadStage): FaultResult[] {
  const injectedNs = faults.map((fault) => fault.injectedNs);
  const recoveries = addRecoverySteps(
    recoveryPerFault(books.totals.troubles, injectedNs, endNs),
    faults,
    recovery,
  );
  return faults.map((fault, i) => ({ ...fault, recovery: recoveries[i] ?? { troubledOperations: 0 } }));
}

function resourcesOf(load: LoadStage | undefined, limits: readonly LoadLimit[]): ResourcesResult {
  if (load === undefined) return { cores: 0, users: [], limits, rowNs: 1e9, timeline: [] };
  const { books, clock } = load;
  const { resources } = books;
  return {
    ...(clock && { clock }),
    cores: resources.cores,
    users: resources.uses,
    limits,
    ...resources.timeline(MOST_ROWS),
  };
}
