import { NS } from '../base/clock.js';
import { formatDuration, formatInteger, formatRate, formatStopwatch } from '../base/units.js';
import type { JournalEvent, RunPhase } from '../contracts/journal.js';
import type { LoadCounter } from '../contracts/load.js';
import type { Plan } from '../contracts/plan.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';
import { mayEndEarly, scheduleEndNs } from '../metrics/schedule-end.js';
import type { SecondRow } from './second-rows.js';
import { alignColumns, type Paint, plain } from './terminal-text.js';

const PHASE_WORDS: Readonly<Record<RunPhase, string>> = {
  preflight: 'looking for what is needed',
  'cluster-up': 'starting the cluster',
  'steady-before': 'waiting for a steady state',
  load: 'load',
  heal: 'reverting faults',
  drain: 'waiting for what is in flight',
  'steady-after': 'waiting for a steady state again',
  'alerts-settle': 'waiting for alerts',
  'final-read': 'reading back',
  'history-closed': 'closing the history',
  'cluster-closed': 'ending the cluster',
  check: 'checking',
  report: 'writing the report',
};

/** Servers that are somebody else's are neither started nor ended. */
const EXTERNAL_WORDS: Readonly<Partial<Record<RunPhase, string>>> = {
  'cluster-up': 'connecting to the servers',
  'cluster-closed': 'leaving the servers',
};

const TROUBLES: readonly LoadCounter[] = ['failed', 'unknown', 'unsent', 'dropped'];

/** A phase of the run, in words. */
export function phaseWords(phase: unknown, plan: Plan | undefined): string {
  const own = plan?.cluster.driver === 'external' ? EXTERNAL_WORDS[phase as RunPhase] : undefined;
  return own ?? PHASE_WORDS[phase as RunPhase] ?? String(phase);
}

interface ActiveFault {
  readonly words: string;
  readonly sinceNs: number;
}

/** What the live view knows: the phase, the last whole second of each load, the faults that hold, the monitor. */
export class LiveState {
  readonly plan: Plan;
  readonly #paint: Paint;
  readonly #totalSec: number;
  /** A count may be reached long before the time is over that it has at most. */
  readonly #mayEndEarly: boolean;
  readonly #rows = new Map<string, SecondRow>();
  /** By load: how many operations were in each kind of trouble so far. */
  readonly #troubles = new Map<string, Map<LoadCounter, number>>();
  readonly #faults = new Map<string, ActiveFault>();
  #phase: RunPhase | undefined;
  #phaseSinceNs: number;
  #loadStartNs: number | undefined;
  #monitorUrl: string | undefined;

  constructor(plan: Plan, paint: Paint, nowNs: number) {
    this.plan = plan;
    this.#paint = paint;
    this.#phaseSinceNs = nowNs;
    const endNs = Math.max(0, ...plan.loads.map(scheduleEndNs));
    this.#totalSec = endNs / NS.s;
    this.#mayEndEarly = plan.loads.every((load) => scheduleEndNs(load) < endNs || mayEndEarly(load));
  }

  startLoad(atNs: number): void {
    this.#loadStartNs = atNs;
  }

  addRow(row: SecondRow): void {
    this.#rows.set(row.load, row);
    const sums = this.#troubles.get(row.load) ?? new Map<LoadCounter, number>();
    this.#troubles.set(row.load, sums);
    for (const counter of TROUBLES) sums.set(counter, (sums.get(counter) ?? 0) + row.counters[counter]);
  }

  addEvent(event: JournalEvent, nowNs: number): void {
    const fault = String(event.fault ?? '');
    if (event.type === 'phase' && event.what === 'begin') {
      this.#phase = event.phase as RunPhase;
      this.#phaseSinceNs = nowNs;
    } else if (event.type === 'fault-injected') {
      this.#faults.set(fault, { words: faultWords(event), sinceNs: nowNs });
    } else if (event.type === 'fault-reverted' || event.type === 'fault-failed') {
      this.#faults.delete(fault);
    } else if (event.type === 'monitor' && typeof event.url === 'string') {
      this.#monitorUrl = event.url;
    }
  }

  /** The block of the live view. */
  lines(nowNs: number): string[] {
    const paint = this.#paint;
    const head = [paint('bold', plain(this.plan.name)), this.#phaseLine(nowNs)];
    const monitor = this.#monitorUrl === undefined ? '' : paint('dim', `  ${this.#monitorUrl}`);
    const loads = this.plan.loads.map(({ name }) => ['', plain(name), ...this.#loadCells(name)]);
    const faults = [...this.#faults.values()].map(({ words, sinceNs }) =>
      paint('yellow', `  ${words} for ${formatStopwatch((nowNs - sinceNs) / NS.s)}`),
    );
    return [`${head.join('  ')}${monitor}`, ...alignColumns(loads, 'llrlrrl'), ...faults];
  }

  /** One line, for where nothing can be drawn in place. */
  line(nowNs: number): string {
    const loads = this.plan.loads.map(
      ({ name }) => `${plain(name)} ${this.#loadCells(name).filter(Boolean).join(' ')}`,
    );
    const faults = [...this.#faults.values()].map(({ words }) => words);
    return [this.#phaseLine(nowNs), ...loads, ...faults].join(' | ');
  }

  #phaseLine(nowNs: number): string {
    const words = this.#phase === undefined ? 'starting' : phaseWords(this.#phase, this.plan);
    if (this.#phase === 'load' && this.#loadStartNs !== undefined) {
      const most = `${formatStopwatch(this.#totalSec)}${this.#mayEndEarly ? ' at most' : ''}`;
      return `${words} ${formatStopwatch(Math.max(0, nowNs - this.#loadStartNs) / NS.s)} of ${most}`;
    }
    return `${words} ${formatStopwatch((nowNs - this.#phaseSinceNs) / NS.s)}`;
  }

  #loadCells(name: string): string[] {
    const row = this.#rows.get(name);
    if (!row) return ['', '', '', '', ''];
    const { ok, due, sent, received } = row.counters;
    const behind = ok < 0.9 * due;
    const done = due === 0 && sent === 0 ? received : ok;
    return [
      behind ? this.#paint('yellow', formatRate(done)) : formatRate(done),
      due === 0 ? '' : `of ${formatRate(due)}`,
      latencyText(row),
      `${formatInteger(row.pending)} pending`,
      this.#troubleText(name),
    ];
  }

  #troubleText(name: string): string {
    const parts = [...(this.#troubles.get(name) ?? [])].filter(([, count]) => count > 0);
    return this.#paint(
      'red',
      parts.map(([counter, count]) => `${formatInteger(count)} ${counter}`).join(', '),
    );
  }
}

/** The 99th percentile of the row: of the acknowledgements, or of the monitor's lag where there are none. */
function latencyText({ histograms, warmUp }: SecondRow): string {
  const of = histograms.size > 0 ? histograms : warmUp;
  const snapshots = of.get('ack_latency') ?? of.get('lag');
  if (!snapshots) return '';
  const merged = new LatencyHistogram();
  for (const snapshot of snapshots) merged.add(snapshot);
  const { lower, upper } = merged.percentile(99);
  return `p99 ${upper > lower ? '≥ ' : ''}${formatDuration(lower)}`;
}

/** `node-kill n2` */
export function faultWords(event: JournalEvent): string {
  const targets = Array.isArray(event.targets) ? event.targets.map(String) : [];
  return plain([String(event.kind ?? event.fault ?? 'fault'), ...targets].join(' '));
}
