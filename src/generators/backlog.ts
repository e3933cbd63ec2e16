import type { Pacer } from './pacer.js';

/** What a kind of load does with the operations that are due. Operations are ranges of the schedule, oldest first. */
export interface Outlet {
  /** How many operations could be sent now. */
  room(): number;
  /** Asked when there is no room: is it the system that holds us up (socket, window, connection), or only we? */
  heldBySystem(): boolean;
  /** Sends operations from `first` on, at most `count`; returns how many it sent, at least one. */
  send(first: number, count: number, blocked: boolean): number;
  /** They waited for the system until the backlog was full: they will not be sent. */
  giveUp(first: number, count: number, nowNs: number): void;
  /** They are not sent because this generator itself came too late. */
  drop(first: number, count: number): void;
}

export interface BacklogOptions {
  readonly pacer: Pacer;
  readonly startNs: number;
  /** How long an operation may wait for the system before it is given up. */
  readonly backlogNs: number;
  /** Our own lateness after which an operation is dropped. */
  readonly maxLatenessNs: number;
}

/**
 * The operations that are due and not yet sent: a range of the schedule, so that waiting costs no memory. It decides
 * who is to blame for the waiting. Once the system has held us up, the debt is the system's until we have caught up
 * entirely; lateness without such a debt is our own.
 */
export class Backlog {
  readonly #pacer: Pacer;
  readonly #options: BacklogOptions;
  readonly #outlet: Outlet;
  readonly #isPaced: boolean;
  #next = 0;
  #due = 0;
  #isDebt = false;
  #isStopped = false;
  #pumpedNs = Number.NEGATIVE_INFINITY;

  constructor(options: BacklogOptions, outlet: Outlet) {
    this.#options = options;
    this.#pacer = options.pacer;
    this.#outlet = outlet;
    this.#isPaced = Number.isFinite(options.pacer.total);
  }

  /** Operations due and not yet sent, as of the last `pump`; 0 without a schedule. */
  get waiting(): number {
    return this.#isPaced ? this.#due - this.#next : 0;
  }

  /** Operations that were due by the last `pump`: sent, given up, dropped or waiting. */
  get due(): number {
    return this.#isPaced ? this.#due : this.#next;
  }

  /** The system holds us up, or we have not caught up since it did. */
  get isDebt(): boolean {
    return this.#isDebt;
  }

  /** There was more to send at the last `pump`, and nothing but our own turn is in the way. */
  get isHungry(): boolean {
    return this.#next < this.#due && !this.#isDebt;
  }

  /** Nothing is due any more, now or later. */
  isOver(nowNs: number): boolean {
    if (this.#next < this.#due) return false;
    if (this.#isStopped) return true;
    const { startNs } = this.#options;
    if (nowNs < startNs) return false;
    // Where operations are numbered, the last one ends it, be it a little before the time.
    return this.#next >= this.#pacer.limit || nowNs >= startNs + this.#pacer.endNs;
  }

  /** When the next operation is due; Infinity when there is none. */
  get nextDueNs(): number {
    if (this.#isStopped || this.due >= this.#pacer.limit) return Number.POSITIVE_INFINITY;
    return this.#options.startNs + (this.#isPaced ? this.#pacer.dueNs(this.#due) : 0);
  }

  /** How many operations more will be due so long after the last `pump`'s look at the schedule. */
  dueWithin(ns: number): number {
    if (!this.#isPaced) return Number.POSITIVE_INFINITY;
    return this.#pacer.countDue(this.#pumpedNs - this.#options.startNs + ns) - this.#due;
  }

  /** Sends what is due, as far as there is room. */
  pump(nowNs: number): void {
    const { startNs, maxLatenessNs, backlogNs } = this.#options;
    const outlet = this.#outlet;
    this.#pumpedNs = nowNs;
    if (!this.#isStopped) this.#due = Math.max(this.#due, this.#pacer.countDue(nowNs - startNs));
    if (!this.#isPaced && nowNs - startNs >= this.#pacer.endNs) this.#due = this.#next;
    if (this.#isPaced && this.#next < this.#due) {
      const oldestNs = nowNs - startNs - (this.#isDebt ? backlogNs : maxLatenessNs);
      const late = Math.min(this.#due, this.#pacer.countDue(oldestNs)) - this.#next;
      if (late > 0) {
        if (this.#isDebt) outlet.giveUp(this.#next, late, nowNs);
        else outlet.drop(this.#next, late);
        this.#next += late;
      }
    }
    while (this.#next < this.#due) {
      const room = outlet.room();
      if (room === 0) {
        if (outlet.heldBySystem()) this.#isDebt = true;
        if (this.#isStopped && this.#isDebt) this.#giveUpWaiting(nowNs);
        return;
      }
      const count = Math.min(room, this.#due - this.#next);
      this.#next += outlet.send(this.#next, count, this.#isDebt && this.#isPaced);
    }
    this.#isDebt = false;
  }

  /** Nothing is due from now on; what waits for the system is given up, what waits for us is sent. */
  stop(nowNs: number): void {
    this.pump(nowNs);
    this.#isStopped = true;
    if (!this.#isPaced) this.#due = this.#next;
    else if (this.#isDebt) this.#giveUpWaiting(nowNs);
  }

  #giveUpWaiting(nowNs: number): void {
    this.#outlet.giveUp(this.#next, this.#due - this.#next, nowNs);
    this.#next = this.#due;
    this.#isDebt = false;
  }
}
