import { TOKEN_GENERATIONS } from '../wire/reply-token.js';

const NONE = -1;

/**
 * The publishes that wait for their acknowledgement, in columns. A slot is named by its number and its generation: a new
 * one whenever an answer may still come, so that one that comes too late is never taken for that of another operation.
 * In flight, slots are linked in the order in which they were sent, so that the one that has waited longest is always at
 * hand.
 */
export class AckWindow {
  readonly dueNs: Float64Array;
  readonly sentNs: Float64Array;
  readonly sequence: Float64Array;
  readonly subject: Uint16Array;
  /** Index into PHASES of the phase in which the operation was due. */
  readonly phase: Uint8Array;
  readonly generation: Uint32Array;
  /** 1 for an operation whose trace is recorded, see EventTracer. */
  readonly traced: Uint8Array;
  inFlight = 0;
  readonly #free: Int32Array;
  readonly #isFree: Uint8Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;

  constructor(readonly size: number) {
    this.dueNs = new Float64Array(size);
    this.sentNs = new Float64Array(size);
    this.sequence = new Float64Array(size);
    this.subject = new Uint16Array(size);
    this.phase = new Uint8Array(size);
    this.generation = new Uint32Array(size);
    this.traced = new Uint8Array(size);
    this.#free = Int32Array.from({ length: size }, (_, i) => size - 1 - i);
    this.#isFree = new Uint8Array(size).fill(1);
    this.#older = new Int32Array(size);
    this.#newer = new Int32Array(size);
  }

  get room(): number {
    return this.size - this.inFlight;
  }

  /** The slot in flight that was sent first; −1 when none is in flight. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The slot in flight that was sent last; −1 when none is in flight. */
  get newest(): number {
    return this.#newest;
  }

  /** The slot in flight that was sent next before this one; −1 for the oldest. */
  olderThan(slot: number): number {
    return this.#older[slot]!;
  }

  /** The slot in flight that was sent next after this one; −1 for the newest. */
  newerThan(slot: number): number {
    return this.#newer[slot]!;
  }

  /** Takes a free slot for an operation that is sent after all others; there must be room. */
  take(): number {
    const slot = this.#free[this.size - 1 - this.inFlight]!;
    this.inFlight++;
    this.#isFree[slot] = 0;
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    return slot;
  }

  /** Whether this use of the slot is still in flight. */
  holds(slot: number, generation: number): boolean {
    return slot >= 0 && slot < this.size && this.#isFree[slot] === 0 && this.generation[slot] === generation;
  }

  /**
   * Frees a slot. Its next use has another name, even if this one had its answer: who leads a stream anew acknowledges
   * again what its predecessor had acknowledged, and that must not pass for the answer to what was sent since.
   */
  release(slot: number): void {
    this.generation[slot] = (this.generation[slot]! + 1) % TOKEN_GENERATIONS;
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#isFree[slot] = 1;
    this.inFlight--;
    this.#free[this.size - 1 - this.inFlight] = slot;
  }
}
