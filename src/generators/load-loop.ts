import { NS, nowNs } from '../base/clock.js';
import type { IntervalReport } from '../contracts/load.js';
import { COUNTER } from '../metrics/load-recorder.js';
import { Backlog } from './backlog.js';
import type { Traffic, TrafficRun } from './load-kind.js';
import { countRange } from './range-counter.js';

/** While an operation may come to its timeout, and for reports to be punctual. */
const LONGEST_SLEEP_MS = 20;

export interface LoadLoopOptions {
  readonly traffic: Traffic;
  readonly run: TrafficRun;
  readonly backlogNs: number;
  readonly maxLatenessNs: number;
  readonly onReport: (report: IntervalReport) => void;
}

/**
 * The heartbeat of a worker: about once a millisecond, and whenever there may be room for more, it sends what is due.
 * Between two beats the event loop is free to read acknowledgements.
 */
export class LoadLoop {
  readonly #options: LoadLoopOptions;
  readonly #backlog: Backlog;
  readonly #isPaced: boolean;
  #countedDue = 0;
  #isWoundDown = false;
  #previousBeatNs = 0;
  #nextReportNs = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #end: { resolve(): void; reject(reason: unknown): void } | undefined;

  constructor(options: LoadLoopOptions) {
    this.#options = options;
    const { run, traffic, backlogNs, maxLatenessNs } = options;
    this.#isPaced = Number.isFinite(run.pacer.total);
    this.#backlog = new Backlog(
      { pacer: run.pacer, startNs: run.startNs, backlogNs, maxLatenessNs },
      traffic,
    );
  }

  /** Resolves after the last report, when every operation has an outcome; rejects with what went wrong. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      const { run, traffic } = this.#options;
      traffic.begin(run);
      this.#nextReportNs = run.recorder.nextReportNs(run.startNs);
      this.#previousBeatNs = nowNs();
      this.#beat();
    });
  }

  /** No operation is due from now on. */
  stop(): void {
    if (!this.#end) return;
    try {
      this.#backlog.stop(nowNs());
      this.#countDue();
      this.#options.traffic.stop?.(nowNs());
    } catch (error) {
      this.#finish(error);
    }
    this.wake();
  }

  /** Beats at the end of this turn of the event loop: there may be room for more. */
  wake(): void {
    if (this.#end) this.#immediate ??= setImmediate(() => this.#beat());
  }

  #beat(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    if (!this.#end) return;
    try {
      this.#advance();
    } catch (error) {
      this.#finish(error);
    }
  }

  #advance(): void {
    const { traffic, run } = this.#options;
    const backlog = this.#backlog;
    const beatNs = nowNs();
    // What arrived before the previous beat has been read since: only then is silence a timeout.
    traffic.expire(this.#previousBeatNs);
    this.#previousBeatNs = beatNs;
    if (beatNs >= run.startNs) backlog.pump(beatNs);
    this.#countDue();
    const wantedNs = beatNs >= run.startNs ? traffic.beat?.(beatNs) : undefined;
    if (backlog.isOver(beatNs) && !this.#isWoundDown) {
      this.#isWoundDown = true;
      traffic.windDown?.(beatNs);
    }
    if (this.#isWoundDown && traffic.inFlight === 0) {
      this.#report(nowNs());
      this.#finish();
      return;
    }
    if (beatNs >= this.#nextReportNs) this.#report(beatNs);
    if (backlog.isHungry) this.wake();
    else this.#timer = setTimeout(() => this.#beat(), this.#sleepMs(beatNs, wantedNs));
  }

  #sleepMs(beatNs: number, wantedNs = Number.POSITIVE_INFINITY): number {
    if (this.#backlog.isDebt) return 1;
    const { startNs } = this.#options.run;
    const nextNs = beatNs < startNs ? startNs : Math.min(wantedNs, this.#backlog.nextDueNs);
    return Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.ceil((nextNs - beatNs) / NS.ms)));
  }

  /** Unpaced operations are due when they are sent, and are counted there. */
  #countDue(): void {
    const fresh = this.#backlog.due - this.#countedDue;
    if (!this.#isPaced || fresh === 0) return;
    countRange(this.#options.run, COUNTER.due, this.#countedDue, fresh);
    this.#countedDue += fresh;
  }

  #report(atNs: number): void {
    const { traffic, run, onReport } = this.#options;
    traffic.flush();
    onReport(run.recorder.take(atNs, this.#backlog.waiting + traffic.inFlight));
    this.#nextReportNs = run.recorder.nextReportNs(atNs);
  }

  #finish(error?: unknown): void {
    const end = this.#end;
    this.#end = undefined;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    if (error === undefined) end?.resolve();
    else end?.reject(error);
  }
}
