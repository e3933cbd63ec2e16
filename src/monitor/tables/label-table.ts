import { fieldText, MAX_LABEL_BYTES } from './field-text.js';
import { grown } from './grown.js';
import { KeyHash } from './key-hash.js';
import { KeyTable, NONE } from './key-table.js';

/** The label of all that have no room for one of their own. */
export const OTHER_LABEL = 0;

/** Different bytes may read the same: a few more keys than names. */
const KEYS_PER_NAME = 2;

/** Numbers names, so that columns can be indexed by them: at most so many, the rest are `other`. */
export class LabelTable {
  readonly names: string[] = ['other'];
  readonly #most: number;
  readonly #hash = new KeyHash();
  readonly #keys: KeyTable;
  readonly #byName = new Map<string, number>([['other', OTHER_LABEL]]);
  #indexes = new Uint16Array(0);

  /** @param most names beside `other`; below 65,536 */
  constructor(most: number) {
    this.#most = most;
    this.#keys = new KeyTable(KEYS_PER_NAME * most);
  }

  /** The number of the name that stands in [start, end). The hot path. */
  indexOf(buffer: Uint8Array, start: number, end: number): number {
    const hash = this.#hash;
    hash.begin(0);
    hash.bytes(buffer, start, Math.min(end, start + MAX_LABEL_BYTES));
    hash.end();
    const known = this.#keys.find(hash);
    return known === NONE ? this.#add(buffer, start, end) : this.#indexes[known]!;
  }

  /** The number of a name. */
  indexOfText(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.names.length > this.#most) return OTHER_LABEL;
    const index = this.names.push(name) - 1;
    this.#byName.set(name, index);
    return index;
  }

  #add(buffer: Uint8Array, start: number, end: number): number {
    const index = this.indexOfText(fieldText(buffer, start, end));
    if (index === OTHER_LABEL) return index;
    const key = this.#keys.add(this.#hash);
    if (key === NONE) return index;
    if (this.#indexes.length < this.#keys.capacity) {
      this.#indexes = grown(this.#indexes, this.#keys.capacity);
    }
    this.#indexes[key] = index;
    return index;
  }
}
