/** A tick, in nanoseconds: a little more than a millisecond, and a power of two. */
export const TICK_NS = 2 ** 20;

const SLOT_BITS = 8;
const SLOTS = 2 ** SLOT_BITS;
const SLOT_MASK = SLOTS - 1;
const LEVELS = 4;
/** Ticks that a wheel can count: 26 days. What is due later never comes. */
const LAST_TICK = 2 ** 31 - 1;

/** Timers that one wheel can have: what a sorting key has room for. */
export const MAX_TIMERS = 2 ** 22;
/** How far back a due time is told from another; what is due before that is due alike. */
const PAST_NS = 2 ** 30;
const KEY_BITS = 2 ** 22;

const NONE = -1;
/** The list of a timer that is about to be handed out. */
const TAKEN = -2;

/**
 * Timers by number, each set or not, in four wheels of 256 slots. Setting and clearing take the same time however many
 * there are; nothing is allocated. Timers come out in the order of their due times, never early, and those that are set
 * meanwhile for a time that is over come behind those of their tick that are already on their way.
 */
export class TimingWheel {
  readonly #startNs: number;
  readonly #dueNs: Float64Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** The list that a timer is in: level × 256 + slot. */
  readonly #list: Int16Array;
  readonly #heads = new Int32Array(LEVELS * SLOTS).fill(NONE);
  /** How many timers each level holds. */
  readonly #counts = new Int32Array(LEVELS);
  /** Everything before this tick has been handed out. */
  #tick = 0;
  /** Timers of the current tick that are due, as keys that sort by due time. */
  #keys = new Float64Array(1024);
  #taken = 0;
  #handedOut = 0;
  #set = 0;

  /** @param timers how many there are: numbers from 0 on; at most MAX_TIMERS */
  constructor(timers: number, startNs: number) {
    if (timers > MAX_TIMERS) throw new RangeError(`a wheel has at most ${MAX_TIMERS} timers, not ${timers}`);
    this.#startNs = startNs;
    this.#dueNs = new Float64Array(timers);
    this.#next = new Int32Array(timers);
    this.#previous = new Int32Array(timers);
    this.#list = new Int16Array(timers).fill(NONE);
  }

  /** How many timers are set. */
  get size(): number {
    return this.#set;
  }

  /** Bytes that one timer takes. */
  static readonly BYTES_PER_TIMER = 8 + 4 + 4 + 2;

  /** When a timer is, or was last, due. */
  dueNs(timer: number): number {
    return this.#dueNs[timer]!;
  }

  /** Sets a timer for a time, in place of the one it was set for. */
  set(timer: number, dueNs: number): void {
    this.clear(timer);
    this.#dueNs[timer] = dueNs;
    this.#set++;
    this.#link(timer);
  }

  clear(timer: number): void {
    const list = this.#list[timer]!;
    if (list === NONE) return;
    if (list !== TAKEN) this.#unlink(timer, list);
    this.#list[timer] = NONE;
    this.#set--;
  }

  /** Takes the next timer that is due at `nowNs`, which is then set no more; −1 when there is none. */
  next(nowNs: number): number {
    for (;;) {
      while (this.#handedOut < this.#taken) {
        const timer = this.#keys[this.#handedOut++]! % KEY_BITS;
        // One that was cleared on its way, or set anew, does not come.
        if (this.#list[timer] !== TAKEN) continue;
        this.#list[timer] = NONE;
        this.#set--;
        return timer;
      }
      this.#take(nowNs);
      if (this.#taken > 0) continue;
      if (!this.#advance(nowNs)) return NONE;
    }
  }

  /** When `next` may have something again: never later than the next due time; Infinity when no timer is set. */
  get wakeNs(): number {
    if (this.#set === 0) return Number.POSITIVE_INFINITY;
    if (this.#handedOut < this.#taken) return Number.NEGATIVE_INFINITY;
    const tick = this.#tick;
    let dueNs = Number.POSITIVE_INFINITY;
    for (let timer = this.#heads[tick & SLOT_MASK]!; timer !== NONE; timer = this.#next[timer]!) {
      dueNs = Math.min(dueNs, this.#dueNs[timer]!);
    }
    if (dueNs < Number.POSITIVE_INFINITY) return dueNs;
    let later = tick + 1;
    while ((later & SLOT_MASK) !== 0 && this.#heads[later & SLOT_MASK] === NONE) later++;
    return this.#startNs + later * TICK_NS;
  }

  /** Unlinks what is due in the current tick, and sorts it. */
  #take(nowNs: number): void {
    this.#taken = 0;
    this.#handedOut = 0;
    const list = this.#tick & SLOT_MASK;
    const tickNs = this.#startNs + this.#tick * TICK_NS;
    for (let timer = this.#heads[list]!; timer !== NONE; ) {
      const next = this.#next[timer]!;
      const dueNs = this.#dueNs[timer]!;
      if (dueNs <= nowNs) {
        this.#unlink(timer, list);
        this.#list[timer] = TAKEN;
        if (this.#taken === this.#keys.length) this.#growKeys();
        const ageNs = Math.max(0, PAST_NS + Math.round(dueNs - tickNs));
        this.#keys[this.#taken++] = ageNs * KEY_BITS + timer;
      }
      timer = next;
    }
    if (this.#taken > 1) this.#keys.subarray(0, this.#taken).sort();
  }

  #growKeys(): void {
    const larger = new Float64Array(2 * this.#keys.length);
    larger.set(this.#keys);
    this.#keys = larger;
  }

  /**
   * Goes to the next tick of which anything may be known; false, when that has not begun. At the end of a round, what a
   * higher wheel holds for it comes down, highest first.
   */
  #advance(nowNs: number): boolean {
    const nowTick = Math.floor((nowNs - this.#startNs) / TICK_NS);
    if (this.#tick >= nowTick) return false;
    let tick = this.#tick + 1;
    for (let empty = 0; empty < LEVELS && this.#counts[empty] === 0; empty++) {
      // Nothing comes before the next round of this wheel, at whose end the one above is asked.
      const round = 2 ** ((empty + 1) * SLOT_BITS);
      tick = empty === LEVELS - 1 ? nowTick : Math.ceil(tick / round) * round;
    }
    if (tick > nowTick) {
      // What is set from now on is set as seen from now.
      this.#tick = nowTick;
      return true;
    }
    this.#tick = tick;
    let level = 1;
    while (level < LEVELS && (tick & (2 ** (level * SLOT_BITS) - 1)) === 0) level++;
    while (--level > 0) this.#bringDown(level);
    return true;
  }

  #bringDown(level: number): void {
    const list = level * SLOTS + ((this.#tick >>> (level * SLOT_BITS)) & SLOT_MASK);
    let timer = this.#heads[list]!;
    this.#heads[list] = NONE;
    while (timer !== NONE) {
      const next = this.#next[timer]!;
      this.#counts[level]!--;
      this.#link(timer);
      timer = next;
    }
  }

  #link(timer: number): void {
    const due = Math.floor((this.#dueNs[timer]! - this.#startNs) / TICK_NS);
    const tick = Math.max(this.#tick, Math.min(due, LAST_TICK));
    const ahead = tick - this.#tick;
    let level = 0;
    while (level < LEVELS - 1 && ahead >= 2 ** ((level + 1) * SLOT_BITS)) level++;
    const list = level * SLOTS + ((tick >>> (level * SLOT_BITS)) & SLOT_MASK);
    const head = this.#heads[list]!;
    this.#next[timer] = head;
    this.#previous[timer] = NONE;
    if (head !== NONE) this.#previous[head] = timer;
    this.#heads[list] = timer;
    this.#list[timer] = list;
    this.#counts[level]!++;
  }

  #unlink(timer: number, list: number): void {
    const next = this.#next[timer]!;
    const previous = this.#previous[timer]!;
    if (previous === NONE) this.#heads[list] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#counts[list >>> SLOT_BITS]!--;
  }
}
