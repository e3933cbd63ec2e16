import { type History, OPERATION_KINDS, OUTCOMES, type WriterHistory } from '../contracts/history.js';

export const PUT = OPERATION_KINDS.indexOf('put');
export const COMPARE_AND_SET = OPERATION_KINDS.indexOf('compare-and-set');
export const GET = OPERATION_KINDS.indexOf('get');
export const OK = OUTCOMES.indexOf('ok');
export const FAILED = OUTCOMES.indexOf('failed');
export const UNKNOWN = OUTCOMES.indexOf('unknown');

/** Gets that failed read nothing, and are left out. */
const isKept = (kind: number, outcome: number): boolean =>
  kind === PUT || kind === COMPARE_AND_SET || (kind === GET && outcome === OK);

/** The operations of one writer, rows `from` up to `to`. */
export interface KvWriter {
  readonly history: WriterHistory;
  readonly from: number;
  readonly to: number;
  /** By the writer's own sequence: its row + 1, 0 for none. */
  readonly rowOfSequence: Uint32Array;
}

/** All operations on keys, a row each, in the order of the histories: columns of `count`. */
export interface KvOperations {
  readonly count: number;
  readonly kind: Uint8Array;
  readonly outcome: Uint8Array;
  /** Index into `keys`. */
  readonly key: Int32Array;
  readonly sequence: Uint32Array;
  readonly sentNs: Float64Array;
  /** ∞ for what was not answered with ok. */
  readonly doneNs: Float64Array;
  /** What was acknowledged or read; of an unknown write 0. */
  readonly revision: Float64Array;
  /** Of a compare-and-set, the revision that it expected; of a get, the sequence in the stamp that it read. */
  readonly operand: Float64Array;
  /** Of a get, the writer in the stamp that it read. */
  readonly stampWriter: Uint16Array;
  readonly writers: readonly KvWriter[];
  readonly byWriter: ReadonlyMap<number, KvWriter>;
  /** The subjects of the keys. */
  readonly keys: readonly string[];
  /** By key: index into `streams`. */
  readonly streamOfKey: readonly number[];
  readonly streams: readonly string[];
}

const made = new WeakMap<History, KvOperations>();

/** Gathered once a history. */
export function kvOperations(history: History): KvOperations {
  const operations = made.get(history) ?? gather(history);
  made.set(history, operations);
  return operations;
}

function gather(history: History): KvOperations {
  const sizes = history.writers.map(sizeOf);
  const count = sizes.reduce((sum, { rows }) => sum + rows, 0);
  const keys = new KeyBook(history);
  const kind = new Uint8Array(count);
  const outcome = new Uint8Array(count);
  const key = new Int32Array(count);
  const sequence = new Uint32Array(count);
  const sentNs = new Float64Array(count);
  const doneNs = new Float64Array(count);
  const revision = new Float64Array(count);
  const operand = new Float64Array(count);
  const stampWriter = new Uint16Array(count);
  const writers: KvWriter[] = [];
  let row = 0;
  for (const [at, writer] of history.writers.entries()) {
    const { highest } = sizes[at]!;
    if (!usesKeys(writer)) continue;
    const from = row;
    const rowOfSequence = new Uint32Array(highest + 1);
    const keyOf = keys.of(writer.subjects);
    for (const block of writer.blocks()) {
      const { count, kind: kinds, outcome: outcomes, sequence: sequences, subject, detail } = block;
      const { sentNs: sent, dueNs: due, doneNs: done, streamSequence } = block;
      const { valueWriter, valueSequence } = block;
      for (let i = 0; i < count; i++) {
        if (!isKept(kinds[i]!, outcomes[i]!)) continue;
        const isOk = outcomes[i] === OK;
        kind[row] = kinds[i]!;
        outcome[row] = outcomes[i]!;
        key[row] = keyOf(subject[i]!);
        sequence[row] = sequences[i]!;
        sentNs[row] = sent[i]! || due[i]!;
        doneNs[row] = isOk ? done[i]! : Number.POSITIVE_INFINITY;
        // A refused compare-and-set may name the revision that the key had: not its own.
        revision[row] = isOk ? streamSequence[i]! : 0;
        operand[row] = kinds[i] === GET ? valueSequence[i]! : detail[i]!;
        stampWriter[row] = valueWriter[i]!;
        rowOfSequence[sequences[i]!] = ++row;
      }
    }
    writers.push({ history: writer, from, to: row, rowOfSequence });
  }
  const byWriter = new Map(writers.map((writer) => [writer.history.writer, writer]));
  return {
    ...{
      count,
      kind,
      outcome,
      key,
      sequence,
      sentNs,
      doneNs,
      revision,
      operand,
      stampWriter,
      writers,
      byWriter,
    },
    ...{ keys: keys.subjects, streamOfKey: keys.streamOfKey, streams: keys.streams },
  };
}

const usesKeys = ({ kinds }: WriterHistory): boolean =>
  kinds.some((kind) => kind === 'put' || kind === 'compare-and-set' || kind === 'get');

function sizeOf(writer: WriterHistory): { rows: number; highest: number } {
  let rows = 0;
  let highest = 0;
  if (!usesKeys(writer)) return { rows, highest };
  for (const { count, kind, outcome, sequence } of writer.blocks()) {
    for (let i = 0; i < count; i++) {
      if (!isKept(kind[i]!, outcome[i]!)) continue;
      rows++;
      if (sequence[i]! > highest) highest = sequence[i]!;
    }
  }
  return { rows, highest };
}

/** Numbers the keys that operations were on: those of all writers together, each subject once. */
class KeyBook {
  readonly subjects: string[] = [];
  readonly streamOfKey: number[] = [];
  readonly streams: string[] = [];
  readonly #history: History;
  readonly #keyOfSubject = new Map<string, number>();
  /** Writers of one load have the same subjects: by those, the key of each or −1. */
  readonly #keysOfSubjects = new Map<readonly string[], Int32Array>();

  constructor(history: History) {
    this.#history = history;
  }

  of(subjects: readonly string[]): (subject: number) => number {
    const keys = this.#keysOfSubjects.get(subjects) ?? new Int32Array(subjects.length).fill(-1);
    this.#keysOfSubjects.set(subjects, keys);
    return (subject) => {
      if (keys[subject] === -1) keys[subject] = this.#keyOf(subjects[subject]!);
      return keys[subject] ?? this.#keyOf('');
    };
  }

  #keyOf(subject: string): number {
    let key = this.#keyOfSubject.get(subject);
    if (key !== undefined) return key;
    key = this.subjects.length;
    this.#keyOfSubject.set(subject, key);
    this.subjects.push(subject);
    const stream = this.#history.streamOf(subject) ?? '';
    const known = this.streams.indexOf(stream);
    this.streamOfKey.push(known < 0 ? this.streams.push(stream) - 1 : known);
    return key;
  }
}

/** The writer whose operation a row is. */
export function writerOfRow({ writers }: KvOperations, row: number): KvWriter {
  let low = 0;
  let high = writers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (writers[middle]!.from <= row) low = middle;
    else high = middle - 1;
  }
  return writers[low]!;
}

/** The row of an operation by its stamp; −1 when there is none in the histories. */
export function rowOfStamp({ byWriter }: KvOperations, writer: number, sequence: number): number {
  const rows = byWriter.get(writer)?.rowOfSequence;
  return rows === undefined || sequence >= rows.length ? -1 : rows[sequence]! - 1;
}
