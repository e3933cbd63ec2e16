import { grown } from './grown.js';
import type { KeyHash } from './key-hash.js';
import { KeyTable, NONE } from './key-table.js';

/** What became of something. */
export const OPEN = 1;
export const ENDED = 2;
/** It had to give way, or was waited for too long: what still comes of it is no new one. */
export const FORGOTTEN = 3;

export interface LifeTableOptions {
  /** Open ones; when one more comes, the oldest gives way. */
  readonly mostOpen: number;
  /** Those that ended are remembered, as many as this, so that late events and copies are known for what they are. */
  readonly mostEnded: number;
  /** An open one gives way; the slot still holds what it was. */
  readonly onForgotten: (slot: number) => void;
}

/**
 * Follows things that begin and end, by their keys: workflows, commands. A slot is one of them, in columns; the open ones
 * and the ended ones hang together in two lists, each in the order in which they came to it.
 */
export class LifeTable {
  readonly #options: LifeTableOptions;
  readonly #keys: KeyTable;
  state = new Uint8Array(0);
  /** Whose it is; the owner of the table knows. */
  label = new Uint16Array(0);
  /** A number of the owner's. */
  tag = new Int32Array(0);
  /** When it began; NaN when that is not known. */
  beginNs = new Float64Array(0);
  /** Of an open one, when something of it was heard last; of an ended one, when it ended. */
  newsNs = new Float64Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #firstOpen = NONE;
  #lastOpen = NONE;
  #firstEnded = NONE;
  #lastEnded = NONE;
  #open = 0;

  constructor(options: LifeTableOptions) {
    this.#options = options;
    // The one that comes has its slot before the oldest has lost its own.
    this.#keys = new KeyTable(options.mostOpen + options.mostEnded + 2);
  }

  /** The open one that came first; NONE when there is none. */
  get oldest(): number {
    return this.#firstOpen;
  }

  /** All slots in use lie below; others of those hold state 0. */
  get used(): number {
    return this.#keys.used;
  }

  /** All that is kept, in bytes. */
  get bytes(): number {
    const columns = [this.state, this.label, this.tag, this.beginNs, this.newsNs, this.#next, this.#previous];
    return this.#keys.bytes + columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** The slot of what the key names, open or ended; NONE when it is not known. The hot path. */
  find(key: KeyHash): number {
    return this.#keys.find(key);
  }

  /** Opens one that is not known. */
  add(key: KeyHash, label: number, beginNs: number, newsNs: number): number {
    const slot = this.#keys.add(key);
    if (this.#keys.capacity > this.state.length) this.#grow();
    this.#begin(slot, label, beginNs, newsNs);
    return slot;
  }

  /** Remembers one whose end is all that is known of it. */
  addEnded(key: KeyHash, label: number, atNs: number): void {
    const slot = this.#keys.add(key);
    if (this.#keys.capacity > this.state.length) this.#grow();
    this.label[slot] = label;
    this.tag[slot] = 0;
    this.beginNs[slot] = Number.NaN;
    this.#remember(slot, atNs, ENDED);
  }

  /** Opens anew one that has ended. */
  reopen(slot: number, label: number, beginNs: number, newsNs: number): void {
    this.#unlinkEnded(slot);
    this.#begin(slot, label, beginNs, newsNs);
  }

  /** The end of an open one. */
  end(slot: number, atNs: number, state: typeof ENDED | typeof FORGOTTEN = ENDED): void {
    this.#unlinkOpen(slot);
    this.#open--;
    this.#remember(slot, atNs, state);
  }

  /** The oldest open one is not followed any longer. */
  forgetOldest(atNs: number): void {
    this.forget(this.#firstOpen, atNs);
  }

  /** An open one is not followed any longer. */
  forget(slot: number, atNs: number): void {
    this.#options.onForgotten(slot);
    this.end(slot, atNs, FORGOTTEN);
  }

  #begin(slot: number, label: number, beginNs: number, newsNs: number): void {
    this.state[slot] = OPEN;
    this.label[slot] = label;
    this.tag[slot] = 0;
    this.beginNs[slot] = beginNs;
    this.newsNs[slot] = newsNs;
    this.#next[slot] = NONE;
    this.#previous[slot] = this.#lastOpen;
    if (this.#lastOpen === NONE) this.#firstOpen = slot;
    else this.#next[this.#lastOpen] = slot;
    this.#lastOpen = slot;
    this.#open++;
    if (this.#open > this.#options.mostOpen) this.forgetOldest(newsNs);
  }

  #remember(slot: number, atNs: number, state: number): void {
    this.state[slot] = state;
    this.newsNs[slot] = atNs;
    this.#next[slot] = NONE;
    this.#previous[slot] = this.#lastEnded;
    if (this.#lastEnded === NONE) this.#firstEnded = slot;
    else this.#next[this.#lastEnded] = slot;
    this.#lastEnded = slot;
    if (this.#keys.size - this.#open > this.#options.mostEnded) this.#drop(this.#firstEnded);
  }

  #drop(slot: number): void {
    this.#unlinkEnded(slot);
    this.state[slot] = 0;
    this.#keys.remove(slot);
  }

  #unlinkOpen(slot: number): void {
    const previous = this.#previous[slot]!;
    const next = this.#next[slot]!;
    if (previous === NONE) this.#firstOpen = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#lastOpen = previous;
    else this.#previous[next] = previous;
  }

  #unlinkEnded(slot: number): void {
    const previous = this.#previous[slot]!;
    const next = this.#next[slot]!;
    if (previous === NONE) this.#firstEnded = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#lastEnded = previous;
    else this.#previous[next] = previous;
  }

  #grow(): void {
    const rows = this.#keys.capacity;
    this.state = grown(this.state, rows);
    this.label = grown(this.label, rows);
    this.tag = grown(this.tag, rows);
    this.beginNs = grown(this.beginNs, rows);
    this.newsNs = grown(this.newsNs, rows);
    this.#next = grown(this.#next, rows);
    this.#previous = grown(this.#previous, rows);
  }
}
