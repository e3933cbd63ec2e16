import { grown } from '../tables/grown.js';
import type { KeyHash } from '../tables/key-hash.js';
import { KeyTable, NONE } from '../tables/key-table.js';

/** Of several that could give way, so many are looked at. */
const SAMPLE = 16;

/** All that is kept of agents, in columns: an agent is a slot. */
export class KnownAgents {
  readonly #keys: KeyTable;
  readonly #onForgotten: (slot: number) => void;
  /** 1 for a slot that holds an agent. */
  isUsed = new Uint8Array(0);
  group = new Uint16Array(0);
  /** By what its group is known, see AgentBook. */
  groupRank = new Uint8Array(0);
  isAlive = new Uint8Array(0);
  /** When it was heard last; monotonic. */
  heardNs = new Float64Array(0);
  /** When its last heartbeat happened; 0 for never. */
  beatNs = new Float64Array(0);
  /** How often it sends one, as far as `intervals` let it be known. */
  everyNs = new Float32Array(0);
  /** How many intervals between its heartbeats were seen; not counted beyond 255. */
  intervals = new Uint8Array(0);
  /** How many after the last one are counted as missed. */
  missed = new Uint32Array(0);
  #hand = 0;

  /** @param onForgotten an agent has to give way; its slot still holds it */
  constructor(most: number, onForgotten: (slot: number) => void) {
    this.#keys = new KeyTable(most);
    this.#onForgotten = onForgotten;
  }

  /** All slots that hold one lie below. */
  get used(): number {
    return this.#keys.used;
  }

  /** All that is kept, in bytes. */
  get bytes(): number {
    const flags = [this.isUsed, this.group, this.groupRank, this.isAlive, this.intervals];
    const columns = [...flags, this.heardNs, this.beatNs, this.everyNs, this.missed];
    return this.#keys.bytes + columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** The hot path. */
  find(key: KeyHash): number {
    return this.#keys.find(key);
  }

  /** Makes one known that is not. */
  add(key: KeyHash, group: number, groupRank: number, heardNs: number): number {
    if (this.#keys.size === this.#keys.most) this.#makeRoom();
    const slot = this.#keys.add(key);
    if (this.#keys.capacity > this.group.length) this.#grow();
    this.isUsed[slot] = 1;
    this.group[slot] = group;
    this.groupRank[slot] = groupRank;
    this.isAlive[slot] = 1;
    this.heardNs[slot] = heardNs;
    this.beatNs[slot] = 0;
    this.everyNs[slot] = 0;
    this.intervals[slot] = 0;
    this.missed[slot] = 0;
    return slot;
  }

  remove(slot: number): void {
    this.isUsed[slot] = 0;
    this.#keys.remove(slot);
  }

  /** Of a few, the one that was silent for longest goes. */
  #makeRoom(): void {
    let longest = NONE;
    for (let i = 0; i < SAMPLE; i++) {
      const slot = this.#hand;
      this.#hand = slot + 1 < this.used ? slot + 1 : 0;
      if (longest === NONE || this.heardNs[slot]! < this.heardNs[longest]!) longest = slot;
    }
    this.#onForgotten(longest);
    this.remove(longest);
  }

  #grow(): void {
    const rows = this.#keys.capacity;
    this.isUsed = grown(this.isUsed, rows);
    this.group = grown(this.group, rows);
    this.groupRank = grown(this.groupRank, rows);
    this.isAlive = grown(this.isAlive, rows);
    this.heardNs = grown(this.heardNs, rows);
    this.beatNs = grown(this.beatNs, rows);
    this.everyNs = grown(this.everyNs, rows);
    this.intervals = grown(this.intervals, rows);
    this.missed = grown(this.missed, rows);
  }
}
