import { NS } from '../../src/base/clock.js';
import { seededRandom } from '../../src/base/random.js';
import type { IntervalReport } from '../../src/contracts/load.js';
import type { Plan } from '../../src/contracts/plan.js';
import type { ResourceSample } from '../../src/contracts/resources.js';
import type { LoadResult, RunResult } from '../../src/contracts/run-result.js';
import { safetyVerdict } from '../../src/engine/safety-sentence.js';
import { sampleFault } from './sample/fault.js';
import { sampleJudgement } from './sample/judgement.js';
import { samplePlan } from './sample/plan.js';
import { resourcesOf, sampleResources } from './sample/resources.js';
import { START_NS, sampleStory } from './sample/story.js';
import { sampleTimeline } from './sample/timeline.js';
import { sampleTotals } from './sample/totals.js';
import { sampleTraffic } from './sample/traffic.js';

/** A run that never happened, told operation by operation: every figure in it was counted, none was written down. */
export interface SampleRun {
  readonly plan: Plan;
  readonly startNs: number;
  /** As workers and the monitor would have sent them, in order of time. */
  readonly reports: readonly IntervalReport[];
  readonly samples: readonly ResourceSample[];
  readonly result: RunResult;
}

export interface SampleOptions {
  readonly seed?: number;
  readonly seconds?: number;
  readonly ordersPerSec?: number;
  readonly firehosePerSec?: number;
  /** Acknowledged events that the check is to have missed: makes the verdict one of safety. */
  readonly lostEvents?: number;
  /** The bound of the threshold on the recovery time; the sample recovers in about 2.6 s. */
  readonly recoveryBoundSec?: number;
  readonly name?: string;
}

export function sampleRun(options: SampleOptions = {}): SampleRun {
  const { seed = 42, seconds = 70, ordersPerSec = 800, firehosePerSec = 4_000 } = options;
  const story = sampleStory({ seed, seconds, ordersPerSec, firehosePerSec });
  const reports = sampleTraffic(story);
  const plan = samplePlan(options.name ?? 'leader-loss', story);
  const loads = plan.loads.map((load) => sampleTotals(load, reports, story));
  const fault = sampleFault(story);
  const judgement = sampleJudgement(loads, options.lostEvents ?? 0, options.recoveryBoundSec ?? 20);
  const safety = safetyVerdict(judgement.checks, [fault]);
  const samples = sampleResources({
    startNs: START_NS,
    seconds,
    random: seededRandom(seed, 'resources'),
    goneFrom: story.faultFromNs / NS.s,
    goneTo: story.faultToNs / NS.s,
  });
  return {
    plan,
    startNs: START_NS,
    reports,
    samples,
    result: {
      runId: '7f3a91c2',
      plan,
      scenarioFile: `scenarios/${plan.name}.yaml`,
      overrides: [],
      startedAt: '2026-11-22T09:54:00.000Z',
      endedAt: '2026-11-22T09:55:31.000Z',
      loadStartNs: START_NS,
      loadEndNs: START_NS + seconds * NS.s,
      loads,
      faults: [fault],
      probes: [
        {
          name: 'shop is open',
          kind: 'http',
          throughout: false,
          steady: { looks: 12, held: 12 },
          faults: { looks: 4, held: 1 },
          longestAwayNs: 3.2 * NS.s,
        },
      ],
      ...judgement,
      ...(safety && { safety }),
      reads: sampleReads(loads, options.lostEvents ?? 0),
      environment: {
        stormglass: '0.1.0',
        node: 'v20.20.2',
        natsServer: '2.15.2',
        platform: 'linux x64',
        cpus: 2,
        memoryBytes: 8 * 2 ** 30,
        gitRevision: '9c1f0e2',
      },
      timeline: sampleTimeline(plan, reports),
      servers: {
        inMsgs: loads.reduce((sum, load) => sum + load.total.counters.sent, 0),
        inBytes: loads.reduce((sum, load) => sum + load.total.counters.bytes, 0),
        slowConsumers: 0,
        restarted: ['n2'],
      },
      resources: resourcesOf(samples, reports, START_NS),
      notices: [
        {
          load: 'orders',
          worker: 0,
          kind: 'disconnected',
          text: 'the server closed the connection',
          atNs: START_NS + story.faultFromNs,
          count: 1,
        },
        {
          load: 'orders',
          worker: 0,
          kind: 'reconnected',
          text: 'to 127.0.0.1:4224',
          atNs: START_NS + story.faultFromNs + 0.3 * NS.s,
          count: 1,
        },
      ],
    },
  };
}

/** The stream, and each of its replicas. */
function sampleReads([orders]: readonly LoadResult[], lostEvents: number): RunResult['reads'] {
  const count = (orders as LoadResult).total.counters.ok - lostEvents;
  const read = { stream: 'ORDERS', count, foreign: 0, complete: true, gone: false };
  return [read, ...['n1', 'n2', 'n3'].map((node) => ({ ...read, node }))];
}
