import type { History } from '../contracts/history.js';
import { FAILED, GET, type KvOperations, OK, rowOfStamp } from './kv-operations.js';
import { acknowledgedRows } from './kv-revisions.js';
import { PagedTable } from './paged-table.js';

/** What contradicts itself already while it is found out who wrote which revision. */
export type Contradiction = 'sameRevision' | 'wrongValue' | 'failedWrite';

/** Which write stands at which revision: as acknowledged, as gets showed it, and as the final read did. */
export interface KnownWrites {
  /**
   * By stream, the row of the write at each revision; of a value that no history wrote, that of the first get which
   * returned it; −1 for none.
   */
  readonly rowAt: readonly PagedTable[];
  /** By key: the highest revision at which the final read held a value of it; 0 for none. */
  readonly lastRead: Float64Array;
}

/**
 * @param onContradiction called with the row that shows it, the revision at which it does, and whether it is the final
 *   read that does: the row is then that of the write
 */
export function knowWrites(
  history: History,
  operations: KvOperations,
  onContradiction: (what: Contradiction, row: number, revision: number, isFinal: boolean) => void,
): KnownWrites {
  const { count, kind, key, revision, operand, stampWriter, streams, streamOfKey, keys } = operations;
  const rowAt = acknowledgedRows(operations, (row) =>
    onContradiction('sameRevision', row, revision[row]!, false),
  );
  const known = new Knowledge(operations, rowAt);
  for (let row = 0; row < count; row++) {
    if (kind[row] !== GET || revision[row] === 0) continue;
    const stream = streamOfKey[key[row]!]!;
    const what = known.see(stream, revision[row]!, stampWriter[row]!, operand[row]!, row);
    if (what !== undefined) onContradiction(what, row, revision[row]!, false);
  }
  const lastRead = new Float64Array(keys.length);
  for (const read of history.reads) {
    const stream = streams.indexOf(read.stream);
    if (stream < 0) continue;
    for (const { count, baseSequence, offset, writer, sequence } of read.blocks) {
      for (let i = 0; i < count; i++) {
        const row = rowOfStamp(operations, writer[i]!, sequence[i]!);
        const at = baseSequence + offset[i]!;
        const what = known.see(stream, at, writer[i]!, sequence[i]!, -1);
        if (what !== undefined) onContradiction(what, row, at, true);
        if (row >= 0) lastRead[key[row]!] = Math.max(lastRead[key[row]!]!, at);
      }
    }
  }
  return { rowAt, lastRead };
}

class Knowledge {
  /** Of writes without an answer, by row: the revision at which they were seen. */
  readonly #seenAt = new PagedTable(0);
  readonly #operations: KvOperations;
  readonly #rowAt: readonly PagedTable[];

  constructor(operations: KvOperations, rowAt: readonly PagedTable[]) {
    this.#operations = operations;
    this.#rowAt = rowAt;
  }

  /**
   * A value was seen, with this stamp.
   * @param get the row of the get that showed it; −1 for the final read
   */
  see(
    stream: number,
    revision: number,
    stampWriter: number,
    stampSequence: number,
    get: number,
  ): Contradiction | undefined {
    const { kind, key, outcome, streamOfKey } = this.#operations;
    const write = stampSequence < 0 ? -1 : rowOfStamp(this.#operations, stampWriter, stampSequence);
    if (write < 0) return this.#seeForeign(stream, revision, stampWriter, stampSequence, get);
    const isOfKey = get >= 0 ? key[write] === key[get] : streamOfKey[key[write]!] === stream;
    if (kind[write] === GET || !isOfKey) return 'wrongValue';
    if (outcome[write] === FAILED) return 'failedWrite';
    if (outcome[write] === OK)
      return this.#operations.revision[write] === revision ? undefined : 'wrongValue';
    return this.#learn(stream, revision, write);
  }

  #learn(stream: number, revision: number, write: number): Contradiction | undefined {
    const seenAt = this.#seenAt.get(write);
    if (seenAt === revision) return undefined;
    const table = this.#rowAt[stream]!;
    if (seenAt !== 0 || table.get(revision) >= 0) return 'wrongValue';
    table.set(revision, write);
    this.#seenAt.set(write, revision);
    return undefined;
  }

  #seeForeign(
    stream: number,
    revision: number,
    stampWriter: number,
    stampSequence: number,
    get: number,
  ): Contradiction | undefined {
    const { kind, key, operand, stampWriter: stampWriters, byWriter } = this.#operations;
    const isStamped = stampSequence >= 0;
    // A writer that was killed has operations that its history lacks.
    if (isStamped && byWriter.get(stampWriter)?.history.complete) return 'wrongValue';
    const table = this.#rowAt[stream]!;
    const known = table.get(revision);
    if (known < 0) {
      if (get >= 0) table.set(revision, get);
      return undefined;
    }
    if (kind[known] !== GET) return 'wrongValue';
    const isSame = operand[known] === stampSequence && (!isStamped || stampWriters[known] === stampWriter);
    return isSame && (get < 0 || key[known] === key[get]) ? undefined : 'wrongValue';
  }
}
