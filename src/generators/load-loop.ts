import { NS, nowNs } from '../base/clock.js';
import type { IntervalReport } from '../contracts/load.js';
import { COUNTER } from '../metrics/load-recorder.js';
import { Backlog } from './backlog.js';
import type { Traffic, TrafficRun } from './load-kind.js';
import { countRange } from './range-counter.js';
import { ShortRest } from './short-rest.js';

/** Timers count whole milliseconds, and come a little late: what is left beyond this much is slept in one go. */
const TIMER_NS = 1.2 * NS.ms;
/** With so many due within a timer's reach, waking up for each would cost more than it is worth. */
const FEW = 3;
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
 * Between two beats the event loop is free to read acknowledgements. Where operations are far between, and none is in
 * flight, it sleeps until the very next is due.
 */
export class LoadLoop {
  readonly #options: LoadLoopOptions;
  readonly #backlog: Backlog;
  readonly #isPaced: boolean;
  #countedDue = 0;
  #isWoundDown = false;
  readonly #shortRest = new ShortRest();
  #hasLooked = false;
  #previousBeatNs = 0;
  /** What had come by then has been read. */
  #readByNs = 0;
  #nextReportNs = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer comes, monotonic. */
  #timerNs = 0;
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

  /** How long this thread slept within turns of its event loop, which for the loop was being busy. */
  get restedNs(): number {
    return this.#shortRest.restedNs;
  }

  /** Resolves after the last report, when every operation has an outcome; rejects with what went wrong. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      const { run, traffic } = this.#options;
      traffic.begin(run);
      this.#nextReportNs = run.recorder.nextReportNs(run.startNs);
      this.#previousBeatNs = nowNs();
      this.#readByNs = this.#previousBeatNs;
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
    // Only of what has been read is silence a timeout. A beat by a timer may follow one at the end of a turn with no read
    // between them: two beats back, there was one.
    traffic.expire(this.#readByNs);
    this.#readByNs = this.#previousBeatNs;
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
    else this.#restUntil(beatNs, wantedNs);
  }

  /** Waits for the next beat: by a timer, or, when the next operation is nearer than those can tell, without one. */
  #restUntil(beatNs: number, wantedNs = Number.POSITIVE_INFINITY): void {
    const { run, traffic } = this.#options;
    const backlog = this.#backlog;
    // Without due times it is room that is waited for, and whoever has some wakes the loop.
    const nextNs = this.#isPaced ? backlog.nextDueNs : Number.POSITIVE_INFINITY;
    const dueNs = beatNs < run.startNs ? run.startNs : nextNs;
    const leftNs = Math.min(wantedNs, dueNs) - nowNs();
    const isNear = leftNs < TIMER_NS && dueNs <= wantedNs && !backlog.isDebt;
    const isFine = isNear && backlog.dueWithin(TIMER_NS) < FEW;
    if (isFine && (traffic.inFlight === 0 || !this.#hasLooked)) {
      // What was just written is in flight until the next turn says that the kernel has it.
      this.#hasLooked = traffic.inFlight > 0;
      if (traffic.inFlight === 0 && leftNs > 0) this.#shortRest.sleep(leftNs);
      this.wake();
      return;
    }
    this.#hasLooked = false;
    const waitMs = this.#timerMs(leftNs);
    const timerNs = beatNs + waitMs * NS.ms;
    // One that comes as early will do: with an operation a turn, making timers would cost as much as operations.
    if (this.#timer !== undefined && this.#timerNs <= timerNs) return;
    clearTimeout(this.#timer);
    this.#timerNs = timerNs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#beat();
    }, waitMs);
  }

  /** Rounded down, so that what is left is slept to the point. */
  #timerMs(leftNs: number): number {
    if (this.#backlog.isDebt && this.#isPaced) return 1;
    return Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.floor((leftNs - TIMER_NS) / NS.ms) + 1));
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
