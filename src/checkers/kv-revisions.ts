import { COMPARE_AND_SET, type KvOperations, OK, PUT } from './kv-operations.js';
import { PagedTable } from './paged-table.js';

/** The revisions of each key, ascending: those of key k stand from `start[k]` up to `start[k + 1]`. */
export class KvRevisions {
  readonly start: Uint32Array;
  /** Whose write it was, or which get showed it first. */
  readonly row: Uint32Array;
  readonly revision: Float64Array;

  /** @param rowAt by stream: the row of each revision, −1 for none */
  constructor({ keys, key }: KvOperations, rowAt: readonly PagedTable[]) {
    const start = new Uint32Array(keys.length + 1);
    for (const table of rowAt) {
      table.forEach((row) => {
        start[key[row]! + 1]!++;
      });
    }
    for (let k = 0; k < keys.length; k++) start[k + 1]! += start[k]!;
    const count = start[keys.length]!;
    const next = start.slice();
    this.start = start;
    this.row = new Uint32Array(count);
    this.revision = new Float64Array(count);
    for (const table of rowAt) {
      table.forEach((row, revision) => {
        const at = next[key[row]!]!++;
        this.row[at] = row;
        this.revision[at] = revision;
      });
    }
  }

  /** Where the first revision of a key above this one stands; the end of the key's when there is none. */
  above(key: number, revision: number): number {
    let low = this.start[key]!;
    let high = this.start[key + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.revision[middle]! > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * Turns times, one a revision, into the least of those of that revision and of all above it of its key: since when
   * something as new was known.
   */
  sinceWhen(knownNs: Float64Array): Float64Array {
    for (let key = 0; key + 1 < this.start.length; key++) {
      for (let at = this.start[key + 1]! - 2; at >= this.start[key]!; at--) {
        if (knownNs[at + 1]! < knownNs[at]!) knownNs[at] = knownNs[at + 1]!;
      }
    }
    return knownNs;
  }
}

/** By stream, the row of the write that each revision was acknowledged for. */
export function acknowledgedRows(
  { count, kind, outcome, revision, key, streams, streamOfKey }: KvOperations,
  onSecond?: (row: number, first: number) => void,
): PagedTable[] {
  const rowAt = streams.map(() => new PagedTable(-1));
  for (let row = 0; row < count; row++) {
    if (outcome[row] !== OK || (kind[row] !== PUT && kind[row] !== COMPARE_AND_SET)) continue;
    const table = rowAt[streamOfKey[key[row]!]!]!;
    const first = table.get(revision[row]!);
    if (first < 0) table.set(revision[row]!, row);
    else onSecond?.(row, first);
  }
  return rowAt;
}
