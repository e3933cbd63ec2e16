import { grown } from './grown.js';
import type { KeyHash } from './key-hash.js';

/** No slot, no row. */
export const NONE = -1;

const FIRST_SLOTS = 64;

/**
 * Gives each key a slot, a small number that other columns are indexed by; a slot that is given back is used again.
 * Grows by doubling, up to `most`; nothing is allocated for a key that is known.
 */
export class KeyTable {
  readonly most: number;
  #size = 0;
  /** Slots that were ever used; all in use lie below. */
  #used = 0;
  #free = NONE;
  #a = new Int32Array(FIRST_SLOTS);
  #b = new Int32Array(FIRST_SLOTS);
  /** The next slot of the same chain, or of the free ones. */
  #next = new Int32Array(FIRST_SLOTS);
  /** First slot + 1 of each chain. */
  #chains = new Int32Array(2 * FIRST_SLOTS);

  constructor(most: number) {
    this.most = most;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  get used(): number {
    return this.#used;
  }

  /** Columns by slot need so many rows. */
  get capacity(): number {
    return this.#a.length;
  }

  get bytes(): number {
    return this.#a.byteLength + this.#b.byteLength + this.#next.byteLength + this.#chains.byteLength;
  }

  /** The slot of the key; NONE when it is not known. The hot path. */
  find({ a, b }: KeyHash): number {
    let slot = this.#chains[a & (this.#chains.length - 1)]! - 1;
    while (slot !== NONE && (this.#a[slot] !== a || this.#b[slot] !== b)) slot = this.#next[slot]!;
    return slot;
  }

  /** A slot for a key that is not known; NONE when the table is full. Look at `capacity` afterwards. */
  add({ a, b }: KeyHash): number {
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.#next[slot]!;
    } else {
      if (this.#used === this.most) return NONE;
      if (this.#used === this.#a.length) this.#grow();
      slot = this.#used++;
    }
    this.#size++;
    this.#a[slot] = a;
    this.#b[slot] = b;
    this.#link(slot);
    return slot;
  }

  /** Gives the slot of a key back. */
  remove(slot: number): void {
    const chain = this.#a[slot]! & (this.#chains.length - 1);
    let at = this.#chains[chain]! - 1;
    if (at === slot) {
      this.#chains[chain] = this.#next[slot]! + 1;
    } else {
      while (this.#next[at] !== slot) at = this.#next[at]!;
      this.#next[at] = this.#next[slot]!;
    }
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  #link(slot: number): void {
    const chain = this.#a[slot]! & (this.#chains.length - 1);
    this.#next[slot] = this.#chains[chain]! - 1;
    this.#chains[chain] = slot + 1;
  }

  #grow(): void {
    const rows = 2 * this.#a.length;
    this.#a = grown(this.#a, rows);
    this.#b = grown(this.#b, rows);
    this.#next = grown(this.#next, rows);
    this.#chains = new Int32Array(2 * rows);
    // It grows only when no slot is free: all of them hold a key.
    for (let slot = 0; slot < this.#used; slot++) this.#link(slot);
  }
}
