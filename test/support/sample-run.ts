import { EXIT } from '../../src/base/errors.js';
import { type Random, seededRandom } from '../../src/base/random.js';
import { formatDuration, formatInteger } from '../../src/base/units.js';
import type { HistogramSnapshot } from '../../src/contracts/histogram.js';
import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
  type PhaseReport,
} from '../../src/contracts/load.js';
import type { PhaseName, Plan } from '../../src/contracts/plan.js';
import type { ResourceSample } from '../../src/contracts/resources.js';
import type {
  FaultResult,
  LoadPhaseResult,
  LoadResult,
  RunResult,
  Timeline,
  TimelineRow,
  Verdict,
} from '../../src/contracts/run-result.js';
import { safetyVerdict } from '../../src/engine/safety-sentence.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { resourcesOf, sampleResources } from './sample-resources.js';

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

const S = 1e9;
const MS = 1e6;
const START_NS = 5_000 * S;
/** When the sample's fault holds, as shares of its length; the cluster has no leader for a shorter while. */
const FAULT_FROM = 0.3;
const FAULT_TO = 0.55;
const OUTAGE_NS = 2.4 * S;
const TIMEOUT_NS = 5 * S;

/** Counts of one worker in one second, before they become a report. */
class Cell {
  readonly counters = new Map<PhaseName, Partial<Record<LoadCounter, number>>>();
  readonly histograms = new Map<PhaseName, Map<LoadMeasure, LatencyHistogram>>();
  pending = 0;

  count(phase: PhaseName, counter: LoadCounter, by = 1): void {
    const counters = this.counters.get(phase) ?? {};
    counters[counter] = (counters[counter] ?? 0) + by;
    this.counters.set(phase, counters);
  }

  histogram(phase: PhaseName, measure: LoadMeasure): LatencyHistogram {
    const ofPhase = this.histograms.get(phase) ?? new Map<LoadMeasure, LatencyHistogram>();
    this.histograms.set(phase, ofPhase);
    const histogram = ofPhase.get(measure) ?? new LatencyHistogram();
    ofPhase.set(measure, histogram);
    return histogram;
  }

  report(load: string, worker: number, second: number): IntervalReport {
    const phases = (['steady', 'faults'] as const).filter(
      (phase) => this.counters.has(phase) || this.histograms.has(phase),
    );
    return {
      load,
      worker,
      startNs: START_NS + second * S,
      endNs: START_NS + (second + 1) * S,
      phases: phases.map((phase): PhaseReport => {
        const histograms: Partial<Record<LoadMeasure, HistogramSnapshot>> = {};
        for (const [measure, histogram] of this.histograms.get(phase) ?? [])
          histograms[measure] = histogram.snapshot();
        return { phase, counters: this.counters.get(phase) ?? {}, histograms };
      }),
      troubles: [],
      pending: this.pending,
    };
  }
}

/** Standard normal, by Box and Muller. */
const gauss = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** A log-normal latency with a rare slow path. */
const latency = (random: Random, medianNs: number): number =>
  medianNs * Math.exp(0.32 * gauss(random)) + (random.next() < 0.002 ? random.next() * 25 * MS : 0);

export function sampleRun(options: SampleOptions = {}): SampleRun {
  const { seed = 42, seconds = 70, ordersPerSec = 800, firehosePerSec = 4_000 } = options;
  const faultFrom = Math.round(seconds * FAULT_FROM) * S;
  const faultTo = Math.round(seconds * FAULT_TO) * S;
  const phaseAt = (dueNs: number): PhaseName =>
    dueNs >= faultFrom && dueNs < faultTo + 2 * S ? 'faults' : 'steady';
  const cells = new Map<string, Cell[]>();
  const cellsOf = (key: string): Cell[] => {
    const column = cells.get(key) ?? [];
    cells.set(key, column);
    return column;
  };
  const cellAt = (key: string, atNs: number): Cell => {
    const column = cellsOf(key);
    const second = Math.floor(atNs / S);
    while (column.length <= second) column.push(new Cell());
    return column[second] as Cell;
  };
  const wait = (key: string, dueNs: number, doneNs: number): void => {
    for (let second = Math.floor(dueNs / S); second < Math.floor(doneNs / S); second++) {
      cellAt(key, second * S).pending++;
    }
  };

  simulateOrders(seededRandom(seed, 'orders'));
  simulateFirehose(seededRandom(seed, 'firehose'));

  function simulateOrders(random: Random): void {
    const key = 'orders/0';
    for (let i = 0; i < seconds * ordersPerSec; i++) {
      const dueNs = (i / ordersPerSec) * S;
      const phase = phaseAt(dueNs);
      const inOutage = dueNs >= faultFrom && dueNs < faultFrom + OUTAGE_NS;
      cellAt(key, dueNs).count(phase, 'due');
      // What was in flight to the killed leader is never heard of again.
      if (dueNs >= faultFrom - 4 * MS && dueNs < faultFrom + 8 * MS) {
        cellAt(key, dueNs).count(phase, 'sent');
        cellAt(key, dueNs + TIMEOUT_NS).count(phase, 'unknown');
        cellAt(key, dueNs + TIMEOUT_NS)
          .histogram(phase, 'ack_latency')
          .recordCensored(TIMEOUT_NS);
        cellAt(key, dueNs + TIMEOUT_NS)
          .histogram(phase, 'service_time')
          .recordCensored(TIMEOUT_NS);
        wait(key, dueNs, dueNs + TIMEOUT_NS);
        continue;
      }
      const heldNs = inOutage ? faultFrom + OUTAGE_NS - dueNs + random.next() * 180 * MS : 0;
      const catchingUp = dueNs > faultTo && dueNs < faultTo + 2 * S ? 4 : phase === 'faults' ? 1.3 : 1;
      const took = heldNs + latency(random, 1.3 * MS * catchingUp);
      const doneNs = dueNs + took;
      if (inOutage) cellAt(key, dueNs).count(phase, 'blocked');
      cellAt(key, dueNs + heldNs).count(phase, 'sent');
      cellAt(key, dueNs + heldNs).count(phase, 'bytes', 256);
      cellAt(key, doneNs).count(phase, 'ok');
      cellAt(key, doneNs).histogram(phase, 'ack_latency').record(took);
      cellAt(key, doneNs)
        .histogram(phase, 'service_time')
        .record(took - heldNs);
      if (!inOutage) cellAt(key, dueNs).histogram(phase, 'schedule_delay').record(latency(random, 40_000));
      wait(key, dueNs, doneNs);
      receive('orders', phase, doneNs, took * 1.05);
    }
  }

  function simulateFirehose(random: Random): void {
    for (let i = 0; i < seconds * firehosePerSec; i++) {
      const worker = i % 2;
      const key = `firehose/${worker}`;
      const dueNs = (i / firehosePerSec) * S;
      const phase = phaseAt(dueNs);
      // One worker was connected to the killed node and needs a moment to reach another.
      const away = worker === 1 && dueNs >= faultFrom && dueNs < faultFrom + 0.6 * S;
      const heldNs = away ? faultFrom + 0.6 * S - dueNs : 0;
      const cell = cellAt(key, dueNs);
      cell.count(phase, 'due');
      const sent = cellAt(key, dueNs + heldNs);
      if (away) cell.count(phase, 'blocked');
      sent.count(phase, 'sent');
      sent.count(phase, 'ok');
      sent.count(phase, 'bytes', 64);
      if (!away) cell.histogram(phase, 'schedule_delay').record(latency(random, 60_000));
      wait(key, dueNs, dueNs + heldNs);
      if (dueNs >= faultFrom && dueNs < faultFrom + 30 * MS) continue;
      const took = heldNs + latency(random, phase === 'faults' ? 0.5 * MS : 0.35 * MS);
      receive('firehose', phase, dueNs + took, took);
    }
  }

  function receive(load: string, phase: PhaseName, atNs: number, lagNs: number): void {
    const cell = cellAt(`${load}/-1`, atNs);
    cell.count(phase, 'received');
    cell.histogram(phase, 'lag').record(lagNs);
  }

  const reports: IntervalReport[] = [];
  const last = Math.max(...[...cells.values()].map((column) => column.length));
  for (let second = 0; second < last; second++) {
    for (const [key, column] of cells) {
      const [load, worker] = key.split('/') as [string, string];
      const cell = column[second];
      if (cell) reports.push(cell.report(load, Number(worker), second));
    }
  }

  const plan = samplePlan(options.name ?? 'leader-loss', seed, {
    seconds,
    ordersPerSec,
    firehosePerSec,
    faultFrom,
    faultTo,
  });
  const loads = plan.loads.map(({ name, kind }) =>
    totals(name, kind, reports, seconds * S, faultFrom, faultTo),
  );
  const fault = sampleFault(faultFrom, faultTo, ordersPerSec);
  const judgement = sampleJudgement(loads, options.lostEvents ?? 0, options.recoveryBoundSec ?? 20);
  const safety = safetyVerdict(judgement.checks, [fault]);
  const samples = sampleResources({
    startNs: START_NS,
    seconds,
    random: seededRandom(seed, 'resources'),
    goneFrom: faultFrom / S,
    goneTo: faultTo / S,
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
      loadEndNs: START_NS + seconds * S,
      loads,
      faults: [fault],
      probes: [
        {
          name: 'shop is open',
          kind: 'http',
          throughout: false,
          steady: { looks: 12, held: 12 },
          faults: { looks: 4, held: 1 },
          longestAwayNs: 3.2 * S,
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
      timeline: timelineOf(plan, reports),
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
          atNs: START_NS + faultFrom,
          count: 1,
        },
        {
          load: 'orders',
          worker: 0,
          kind: 'reconnected',
          text: 'to 127.0.0.1:4224',
          atNs: START_NS + faultFrom + 0.3 * S,
          count: 1,
        },
      ],
    },
  };
}

/** All reports of a load, merged by phase and into a total. */
function totals(
  name: string,
  kind: string,
  reports: readonly IntervalReport[],
  durationNs: number,
  faultFrom: number,
  faultTo: number,
): LoadResult {
  const own = reports.filter((report) => report.load === name).flatMap((report) => report.phases);
  const faultsNs = faultTo + 2 * S - faultFrom;
  const merge = (phase: LoadPhaseResult['phase'], length: number): LoadPhaseResult => {
    const parts = own.filter((part) => phase === 'total' || part.phase === phase);
    const counters = Object.fromEntries(
      LOAD_COUNTERS.map((counter) => [
        counter,
        parts.reduce((sum, part) => sum + (part.counters[counter] ?? 0), 0),
      ]),
    ) as Record<LoadCounter, number>;
    return { phase, durationNs: length, counters, histograms: mergedHistograms(parts) };
  };
  return {
    name,
    kind,
    durationNs,
    phases: [merge('steady', durationNs - faultsNs), merge('faults', faultsNs)],
    total: merge('total', durationNs),
  };
}

function mergedHistograms(parts: readonly Pick<PhaseReport, 'histograms'>[]): LoadPhaseResult['histograms'] {
  const merged: Partial<Record<LoadMeasure, HistogramSnapshot>> = {};
  for (const measure of LOAD_MEASURES) {
    const histogram = new LatencyHistogram();
    for (const part of parts) {
      const snapshot = part.histograms[measure];
      if (snapshot) histogram.add(snapshot);
    }
    if (histogram.total > 0) merged[measure] = histogram.snapshot();
  }
  return merged;
}

function timelineOf(plan: Plan, reports: readonly IntervalReport[]): Timeline {
  const rowOf = (name: string, second: number): TimelineRow => {
    const own = reports.filter((report) => report.load === name && report.startNs === START_NS + second * S);
    const parts = own.flatMap((report) => report.phases);
    const counters = Object.fromEntries(
      LOAD_COUNTERS.map((counter) => [
        counter,
        parts.reduce((sum, part) => sum + (part.counters[counter] ?? 0), 0),
      ]),
    );
    const latencies: Partial<Record<LoadMeasure, { p50: number; p99: number; max: number }>> = {};
    for (const [measure, snapshot] of Object.entries(mergedHistograms(parts))) {
      const histogram = LatencyHistogram.from(snapshot);
      latencies[measure as LoadMeasure] = {
        p50: histogram.percentile(50).lower,
        p99: histogram.percentile(99).lower,
        max: histogram.max,
      };
    }
    return {
      t: second,
      counters,
      pending: own.reduce((sum, { pending }) => sum + pending, 0),
      latency: latencies,
    };
  };
  const rows = Math.max(...reports.map((report) => (report.endNs - START_NS) / S));
  return {
    rowNs: S,
    loads: plan.loads.map(({ name }) => ({
      name,
      rows: Array.from({ length: rows }, (_, second) => rowOf(name, second)),
    })),
  };
}

function sampleFault(faultFrom: number, faultTo: number, ordersPerSec: number): FaultResult {
  return {
    id: 'fault-1',
    kind: 'node-kill',
    targets: ['n2'],
    target: 'stream-leader(ORDERS)',
    status: 'reverted',
    tests: 'process-crash',
    injectedNs: START_NS + faultFrom,
    revertedNs: START_NS + faultTo,
    during: {
      holds: true,
      looks: [
        { at: 'process of n2', saw: 'pid 4711 is gone' },
        { at: 'port 4223 of n2', saw: 'connection refused' },
        { at: 'stream ORDERS', saw: 'n1 leads it' },
      ],
    },
    after: {
      holds: true,
      looks: [
        { at: 'port 4223 of n2', saw: 'INFO of server n2' },
        { at: 'healthz of n2', saw: 'ok' },
        { at: 'stream ORDERS', saw: 'all 3 replicas current' },
      ],
    },
    recovery: {
      ns: OUTAGE_NS + 0.18 * S,
      troubledOperations: Math.round((OUTAGE_NS / S) * ordersPerSec),
      firstReason: 'the acknowledgement took longer than 5 s',
      steps: {
        firstTroubledNs: 0.02 * S,
        detectedNs: 0.24 * S,
        electedNs: 2.1 * S,
        servedNs: OUTAGE_NS + 0.2 * S,
        steadyNs: 12.4 * S,
      },
    },
  };
}

/** The stream, and each of its replicas. */
function sampleReads([orders]: readonly LoadResult[], lostEvents: number): RunResult['reads'] {
  const count = (orders as LoadResult).total.counters.ok - lostEvents;
  const read = { stream: 'ORDERS', count, foreign: 0, complete: true, gone: false };
  return [read, ...['n1', 'n2', 'n3'].map((node) => ({ ...read, node }))];
}

/** Checks, thresholds and the verdict that follows from them. */
function sampleJudgement(
  loads: readonly LoadResult[],
  lostEvents: number,
  recoveryBoundSec: number,
): Pick<RunResult, 'checks' | 'thresholds' | 'verdict'> {
  const orders = loads[0] as LoadResult;
  const ok = orders.total.counters.ok;
  const steady = LatencyHistogram.from(orders.phases[0]?.histograms.ack_latency as HistogramSnapshot);
  const p99 = steady.percentile(99).lower;
  const faults = LatencyHistogram.from(orders.phases[1]?.histograms.ack_latency as HistogramSnapshot);
  const p95 = faults.percentile(95).lower;
  const recoveryNs = OUTAGE_NS + 0.18 * S;
  const checks: RunResult['checks'] = [
    {
      name: 'acked-loss',
      verdict: lostEvents > 0 ? 'fail' : 'pass',
      sentence: `${lostEvents} of ${formatInteger(ok)} acknowledged events lost`,
      sets:
        lostEvents > 0
          ? [{ name: 'lost', meaning: 'violation', count: lostEvents, overTime: [[20, lostEvents]] }]
          : [],
      counts: { acknowledged: ok, lost: lostEvents, unknown: orders.total.counters.unknown },
      examples: Array.from(
        { length: Math.min(lostEvents, 32) },
        (_, i) =>
          `writer 0 #${16_790 + i}: due at 20.${i}12 s, acknowledged as ORDERS ${16_801 + i} during fault-1 (node-kill), not in the final read`,
      ),
    },
  ];
  const thresholds: RunResult['thresholds'] = [
    {
      text: 'orders.ack_latency p99 < 250ms during steady',
      verdict: p99 < 250 * MS ? 'pass' : 'fail',
      measured: `p99 = ${formatDuration(p99)}`,
      value: p99,
    },
    {
      text: 'orders.ack_latency p95 < 15s during faults',
      verdict: p95 < 15 * S ? 'pass' : 'fail',
      measured: `p95 = ${formatDuration(p95)}`,
      value: p95,
    },
    {
      text: 'firehose.dropped ratio == 0',
      verdict: loads[1]?.total.counters.dropped === 0 ? 'pass' : 'fail',
      measured: '0 %',
      value: 0,
    },
    {
      text: `recovery_time max < ${recoveryBoundSec}s`,
      verdict: recoveryNs < recoveryBoundSec * S ? 'pass' : 'fail',
      measured: `max = ${formatDuration(recoveryNs)}`,
      value: recoveryNs,
    },
  ];
  const missed = thresholds.filter(({ verdict }) => verdict === 'fail');
  const reasons: Verdict['reasons'] = [
    ...checks
      .filter(({ verdict }) => verdict === 'fail')
      .map(({ name, sentence }) => ({ exit: 'safety' as const, text: `${name}: ${sentence}` })),
    ...missed.map(({ text, measured }) => ({ exit: 'threshold' as const, text: `${text}: ${measured}` })),
  ];
  const exit = reasons[0]?.exit ?? 'ok';
  const meaning = { safety: 'safety violated', threshold: 'threshold missed', ok: 'passed' }[exit as 'ok'];
  return {
    checks,
    thresholds,
    verdict: {
      exit,
      exitCode: EXIT[exit],
      headline: reasons[0] ? `${meaning}: ${reasons[0].text}` : meaning,
      reasons,
      leftBehind: [],
    },
  };
}

function samplePlan(
  name: string,
  seed: number,
  shape: {
    seconds: number;
    ordersPerSec: number;
    firehosePerSec: number;
    faultFrom: number;
    faultTo: number;
  },
): Plan {
  const { seconds, ordersPerSec, firehosePerSec, faultFrom, faultTo } = shape;
  const flat = (perSec: number) => ({
    mode: 'open' as const,
    arrival: { kind: 'constant' as const },
    unit: 'operations' as const,
    stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: seconds * S }],
  });
  return {
    version: 1,
    name,
    seed,
    cluster: { driver: 'process', params: { nodes: 3 }, nodeNames: ['n1', 'n2', 'n3'] },
    events: [
      {
        domain: 'orders',
        type: 'Placed',
        subject: 'cim.events.orders.Placed',
        weight: 1,
        size: { minBytes: 256, maxBytes: 256 },
      },
      {
        domain: 'telemetry',
        type: 'Sampled',
        subject: 'cim.events.telemetry.Sampled',
        weight: 1,
        size: { minBytes: 64, maxBytes: 64 },
      },
    ],
    streams: [{ name: 'ORDERS', subjects: ['cim.events.orders.>'], config: { num_replicas: 3 } }],
    loads: [
      {
        name: 'orders',
        kind: 'js-publish',
        domains: ['orders'],
        schedule: flat(ordersPerSec),
        atNs: 0,
        warmUpNs: 0,
        workers: 1,
        params: {},
      },
      {
        name: 'firehose',
        kind: 'publish',
        domains: ['telemetry'],
        schedule: flat(firehosePerSec),
        atNs: 0,
        warmUpNs: 0,
        workers: 2,
        params: {},
      },
    ],
    faults: [
      {
        id: 'fault-1',
        kind: 'node-kill',
        atNs: faultFrom,
        forNs: faultTo - faultFrom,
        target: { role: 'stream-leader', stream: 'ORDERS' },
        params: {},
        seed: 1,
      },
    ],
    guards: { abortOn: [], allowsQuorumLoss: false },
    steadyState: { probes: [], everyNs: 0 },
    checks: [{ name: 'acked-loss', params: {} }],
    thresholds: [],
    monitor: { port: 9091, subject: 'cim.events.>', domainToken: 2, typeToken: 3 },
    limits: {
      clusterReadyNs: 30 * S,
      steadyNs: 30 * S,
      healNs: 30 * S,
      drainNs: 30 * S,
      finalReadNs: 60 * S,
    },
  };
}
