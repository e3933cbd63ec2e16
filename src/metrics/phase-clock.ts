import type { PhaseName } from '../contracts/plan/phase.js';

/** The phases that all loads share, which the clock tells. A run starts in the first. */
export const CLOCK_PHASES = ['steady', 'faults'] as const satisfies readonly PhaseName[];
export type ClockPhase = (typeof CLOCK_PHASES)[number];
/** The phases of a load, in the order of their indices: those of the clock, and its own warm-up. */
export const PHASES: readonly PhaseName[] = [...CLOCK_PHASES, 'warm-up'];

/** How many changes of phase are remembered; an operation due before them counts for the phase they began with. */
const CAPACITY = 1024;
const HEADER_BYTES = 8;
/** After the ring: when the first phase began, which the ring forgets. */
const START_AT = HEADER_BYTES + CAPACITY * (8 + 1);
const BUFFER_BYTES = START_AT + 8;

/**
 * Tells every thread which phase a due time belongs to. One thread, the conductor's, says when a phase begins; any
 * thread may ask. Lives in shared memory: a ring of boundaries, and the number of boundaries ever written, which is
 * published after them.
 */
export class PhaseClock {
  readonly buffer: SharedArrayBuffer;
  readonly #written: Int32Array;
  readonly #startsNs: Float64Array;
  readonly #phases: Uint8Array;
  readonly #start: Float64Array;
  /** The latest boundary, as this thread last saw it: how many had been written, and what it says. */
  #seen = 0;
  #latestStartNs = Number.NEGATIVE_INFINITY;
  #latestPhase = 0;

  static create(): PhaseClock {
    return new PhaseClock(new SharedArrayBuffer(BUFFER_BYTES));
  }

  /** The same clock in another thread. Throws a RangeError for a buffer that `create` did not make. */
  constructor(buffer: SharedArrayBuffer) {
    if (buffer.byteLength !== BUFFER_BYTES) {
      throw new RangeError(
        `not the buffer of a PhaseClock: ${buffer.byteLength} bytes instead of ${BUFFER_BYTES}`,
      );
    }
    this.buffer = buffer;
    this.#written = new Int32Array(buffer, 0, 1);
    this.#startsNs = new Float64Array(buffer, HEADER_BYTES, CAPACITY);
    this.#phases = new Uint8Array(buffer, HEADER_BYTES + CAPACITY * 8, CAPACITY);
    this.#start = new Float64Array(buffer, START_AT, 1);
  }

  /**
   * Operations due from `atNs` on belong to `phase`. One thread only. A few milliseconds ahead is best, so that no
   * worker has counted an operation beyond the boundary when it learns of it. Throws a RangeError when `atNs` lies
   * before the last boundary.
   */
  begin(phase: ClockPhase, atNs: number): void {
    const written = Atomics.load(this.#written, 0);
    if (written > 0 && atNs < this.#startsNs[(written - 1) % CAPACITY]!) {
      throw new RangeError('a phase cannot begin before the one that it follows');
    }
    this.#startsNs[written % CAPACITY] = atNs;
    this.#phases[written % CAPACITY] = CLOCK_PHASES.indexOf(phase);
    if (written === 0) this.#start[0] = atNs;
    Atomics.store(this.#written, 0, written + 1);
  }

  /** When the first phase began, monotonic: the start of the run's load. Undefined before. */
  get startNs(): number | undefined {
    return Atomics.load(this.#written, 0) > 0 ? this.#start[0] : undefined;
  }

  /** Index into CLOCK_PHASES of the phase in which an operation was due. The hot path: the latest boundary answers. */
  indexAt(dueNs: number): number {
    // An atomic read is a call, three times the rest of this: a plain one does to see that something is new.
    if (this.#written[0] !== this.#seen) this.#lookAgain();
    return dueNs >= this.#latestStartNs ? this.#latestPhase : this.#searchBack(dueNs);
  }

  #lookAgain(): void {
    const written = Atomics.load(this.#written, 0);
    this.#latestStartNs = this.#startsNs[(written - 1) % CAPACITY]!;
    this.#latestPhase = this.#phases[(written - 1) % CAPACITY]!;
    this.#seen = written;
  }

  #searchBack(dueNs: number): number {
    for (;;) {
      const written = Atomics.load(this.#written, 0);
      // The oldest entry of a full ring is the one that the next boundary overwrites: it is not looked at.
      const oldest = Math.max(0, written - CAPACITY + 1);
      let at = written - 1;
      while (at > oldest && dueNs < this.#startsNs[at % CAPACITY]!) at--;
      const phase = at === 0 && dueNs < this.#startsNs[0]! ? 0 : this.#phases[at % CAPACITY]!;
      if (Atomics.load(this.#written, 0) === written) return phase;
    }
  }

  /** How long each phase lasted between two times, by index into CLOCK_PHASES, in nanoseconds. */
  durationsBetween(fromNs: number, toNs: number): number[] {
    const durations: number[] = CLOCK_PHASES.map(() => 0);
    const written = Atomics.load(this.#written, 0);
    const oldest = Math.max(0, written - CAPACITY + 1);
    let startNs = fromNs;
    for (let at = oldest; at <= written; at++) {
      const endNs = at === written ? toNs : Math.min(toNs, Math.max(fromNs, this.#startsNs[at % CAPACITY]!));
      const phase = at === 0 ? 0 : this.#phases[Math.max(at - 1, oldest) % CAPACITY]!;
      durations[phase]! += Math.max(0, endNs - startNs);
      startNs = Math.max(startNs, endNs);
    }
    return durations;
  }
}
