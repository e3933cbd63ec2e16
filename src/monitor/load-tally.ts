import { nowNs } from '../base/clock.js';
import type { IntervalReport } from '../contracts/load.js';
import type { WriterLabel } from '../contracts/monitor.js';
import { COUNTER, LoadRecorder, MEASURE } from '../metrics/load-recorder.js';
import type { PhaseClock } from '../metrics/phase-clock.js';
import { DUPLICATE, LATE, REFUSED, USUAL_GAP, WriterLedger } from '../metrics/writer-ledger.js';
import type { Stamp } from '../wire/stamp.js';
import { lagOf } from './lag.js';

/** What the monitor knows of one load. */
export interface LoadFigures {
  readonly load: string;
  readonly received: number;
  readonly duplicates: number;
  /** Never falls: an event counts when it has been missing for a tick at least, and goes on to when it comes late. */
  readonly lost: number;
  /** Received after they had been counted as lost. */
  readonly late: number;
  /** Sent before the first that was received of their writer, by its numbers: neither received nor lost. */
  readonly unseen: number;
}

const RECEIVED = COUNTER.received;
const LOST = COUNTER.lost;
const LAG = MEASURE.lag;

/** The load of events whose writer nobody named. */
export const UNKNOWN_LOAD = 0;

/**
 * Counts what arrives and what is missing, load by load, for the reports of the run and for the metrics. Events of
 * writers that are not known count under `unknown`, and are in no report.
 */
export class LoadTally {
  /** When the events came that are counted next; monotonic. */
  receivedNs: number;
  readonly #ledger: WriterLedger;
  readonly #loads: string[] = ['unknown'];
  readonly #recorders: (LoadRecorder | undefined)[] = [undefined];
  readonly #loadOf: Uint16Array;
  readonly #received: Float64Array;
  readonly #duplicates: Float64Array;
  #lost: Float64Array;
  #late: Float64Array;
  #unseen: Float64Array;
  #tickedNs: number;

  constructor(writers: readonly WriterLabel[], phaseClock: PhaseClock, startNs: number) {
    this.receivedNs = startNs;
    this.#ledger = new WriterLedger(
      writers.map(({ writer }) => writer),
      USUAL_GAP,
    );
    this.#tickedNs = startNs;
    this.#loadOf = new Uint16Array(65_536).fill(UNKNOWN_LOAD);
    for (const { writer, load, warmUpEndNs } of writers) {
      let index = this.#loads.indexOf(load, 1);
      if (index < 0) {
        index = this.#loads.push(load) - 1;
        this.#recorders.push(
          new LoadRecorder({
            load,
            worker: -1,
            phaseClock,
            overdueNs: Number.POSITIVE_INFINITY,
            startNs,
            warmUpEndNs,
          }),
        );
      }
      this.#loadOf[writer] = index;
    }
    const loads = this.#loads.length;
    this.#received = new Float64Array(loads);
    this.#duplicates = new Float64Array(loads);
    this.#lost = new Float64Array(loads);
    this.#late = new Float64Array(loads);
    this.#unseen = new Float64Array(loads);
  }

  /** Of the loads; the first stands for writers of no known load. */
  get names(): readonly string[] {
    return this.#loads;
  }

  /** The number of a writer's load, in `names`. */
  loadOf(writer: number): number {
    return this.#loadOf[writer]!;
  }

  /**
   * One stamped event; false, and nothing is counted, when its number cannot be right. The hot path: numbers that are no
   * integers come in objects, or each would be one.
   */
  count({ writer, sequence, dueNs }: Stamp): boolean {
    const load = this.#loadOf[writer]!;
    const what = this.#ledger.track(writer, sequence, dueNs);
    if (what >= DUPLICATE) {
      if (what === REFUSED) return false;
      this.#duplicates[load]!++;
      return true;
    }
    this.#received[load]!++;
    const recorder = this.#recorders[load];
    if (recorder === undefined) return true;
    const phase = recorder.phaseAt(dueNs);
    recorder.count(RECEIVED, phase, 1);
    if (what === LATE) recorder.count(LOST, phase, -1);
    else if (this.#ledger.gap > 0) recorder.count(LOST, phase, this.#ledger.gap);
    const lagNs = lagOf(this.receivedNs, dueNs);
    if (lagNs >= 0) recorder.latencyIn(phase, LAG, lagNs);
    return true;
  }

  /** About once a second: what has been missing since the last time is lost. */
  tick(): void {
    const loads = this.#loads.length;
    const [lost, late, unseen] = [new Float64Array(loads), new Float64Array(loads), new Float64Array(loads)];
    const now = nowNs();
    this.#ledger.settle(now - this.#tickedNs, (writer, lostOf, lateOf, unseenOf) => {
      const load = this.#loadOf[writer]!;
      lost[load]! += lostOf;
      late[load]! += lateOf;
      unseen[load]! += unseenOf;
    });
    this.#tickedNs = now;
    this.#lost = lost;
    this.#late = late;
    this.#unseen = unseen;
  }

  /** The reports since the last call, of those loads of which anything was seen. */
  takeReports(nowNs: number): IntervalReport[] {
    return this.#recorders
      .flatMap((recorder) => recorder?.take(nowNs, 0) ?? [])
      .filter(({ phases }) => phases.length > 0);
  }

  figures(): LoadFigures[] {
    return this.#loads.map((load, index) => ({
      load,
      received: this.#received[index]!,
      duplicates: this.#duplicates[index]!,
      lost: this.#lost[index]!,
      late: this.#late[index]!,
      unseen: this.#unseen[index]!,
    }));
  }
}
