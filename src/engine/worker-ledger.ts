import type { HistogramSnapshot } from '../contracts/histogram.js';
import type { IntervalReport, LoadCounter } from '../contracts/load.js';
import type { WorkerSample } from '../contracts/resources.js';
import { lowestOf } from '../metrics/histogram-layout.js';
import { isSaturated } from './saturation.js';

/** What became of a worker's operations in a stretch of time. */
export interface LedgerRow {
  readonly due: number;
  readonly sent: number;
  /** Not sent, because this thread was late. */
  readonly dropped: number;
  /** Sent later than the bound, though nothing but this thread held them up. */
  readonly late: number;
  /** Due and not sent in time while this thread was saturated: it was nobody's doing but its own. */
  readonly short: number;
  /** Sent late or not at all for the system's sake, as far as the worker could tell. */
  readonly held: number;
}

export const NOTHING: LedgerRow = { due: 0, sent: 0, dropped: 0, late: 0, short: 0, held: 0 };

/**
 * A generator's operations held against what its thread was doing meanwhile. A worker books what waits for the
 * window or the socket as the system's doing; whether it could have done more itself shows only here.
 */
export class WorkerLedger {
  readonly rows: (LedgerRow | undefined)[] = [];
  readonly #lateNs: number;
  #open: LedgerRow = NOTHING;

  /** @param lateNs the schedule delay from which on an operation counts as late */
  constructor(lateNs: number) {
    this.#lateNs = lateNs;
  }

  /** What was reported since the last sample, which is about the same stretch of time. */
  addReport(report: IntervalReport): void {
    const phases = report.phases.filter(({ phase }) => phase !== 'warm-up');
    const sum = (counter: LoadCounter): number =>
      phases.reduce((total, { counters }) => total + (counters[counter] ?? 0), 0);
    const [due, sent, dropped] = [sum('due'), sum('sent'), sum('dropped')];
    this.#open = added(this.#open, {
      due,
      sent,
      dropped,
      late: phases.reduce(
        (total, { histograms }) => total + countAbove(histograms.schedule_delay, this.#lateNs),
        0,
      ),
      // Below zero where it caught up; that makes no operation of before punctual.
      short: due - sent - dropped,
      held: sum('blocked') + sum('unsent'),
    });
  }

  addSample(sample: WorkerSample, row: number): void {
    const open = this.#open;
    this.#open = NOTHING;
    const short = isSaturated(sample) ? Math.max(0, open.short) : 0;
    if (row >= 0) this.rows[row] = added(this.rows[row] ?? NOTHING, { ...open, short });
  }

  /** Makes each two rows one. */
  halve(): void {
    const halves = Array.from({ length: Math.ceil(this.rows.length / 2) }, (_, i) =>
      added(this.rows[2 * i] ?? NOTHING, this.rows[2 * i + 1] ?? NOTHING),
    );
    this.rows.splice(0, this.rows.length, ...halves);
  }

  get total(): LedgerRow {
    return this.rows.reduce<LedgerRow>((sum, row) => added(sum, row ?? NOTHING), NOTHING);
  }
}

/** What was dropped or late may have been short before: the greater of the two accounts. */
export const ownFault = ({ dropped, late, short }: LedgerRow): number => Math.max(dropped + late, short);

export const added = (a: LedgerRow, b: LedgerRow): LedgerRow => ({
  due: a.due + b.due,
  sent: a.sent + b.sent,
  dropped: a.dropped + b.dropped,
  late: a.late + b.late,
  short: a.short + b.short,
  held: a.held + b.held,
});

function countAbove(snapshot: HistogramSnapshot | undefined, ns: number): number {
  if (!snapshot || snapshot.max <= ns) return 0;
  return snapshot.counts.reduce(
    (sum, count, i) => (lowestOf(snapshot.lowIndex + i) > ns ? sum + count : sum),
    0,
  );
}
