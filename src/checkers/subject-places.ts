import type { HistoryIndex, IndexedStream, IndexedWriter } from './history-index.js';
import { type ColumnPage, FLAG, isClaim, PAGE_OPERATIONS } from './operation-columns.js';
import type { ReadPresence } from './read-presence.js';

/** How many copies of writes to a subject have a place in its stream after another one. */
export interface SubjectPlaces {
  /** No more than the limit are counted. */
  laterThan(writer: IndexedWriter, sequence: number, place: number): number;
  /** Writes to the subject that may have a place, and nobody knows which. */
  withoutPlace(writer: IndexedWriter, sequence: number): number;
  /** The history does not tell the subject, but a pattern. */
  isPattern(writer: IndexedWriter, sequence: number): boolean;
}

/** Keeps the highest `limit` places of each subject of a stream, in heaps: as many numbers as operations and copies at most. */
export function placesBySubject(
  { writers, writerOf }: HistoryIndex,
  stream: IndexedStream,
  limit: number,
  presence: ReadPresence | undefined,
): SubjectPlaces {
  const subjects = numberSubjects(writers, stream);
  const counts = new Uint32Array(subjects.count);
  const withoutPlace = new Uint32Array(subjects.count);
  eachWrite(writers, stream, subjects, (page, i, _writer, subject) => {
    counts[subject]!++;
    const flags = page.flags[i]!;
    const isOpen =
      (flags & FLAG.outcome) === FLAG.unknown || (isClaim(flags) && page.streamSequence[i] === 0);
    if (isOpen && !isRead(presence, _writer, page.first + i)) withoutPlace[subject]!++;
  });
  eachReadElsewhere((subject) => counts[subject]!++);
  const heaps = new TopPlaces(counts, limit);
  eachWrite(writers, stream, subjects, (page, i, _writer, subject) => {
    const place = page.streamSequence[i]!;
    if (isClaim(page.flags[i]!) && place > 0) heaps.add(subject, place);
  });
  eachReadElsewhere((subject, place) => heaps.add(subject, place));

  /** Copies that were read where no acknowledgement had told: of what nobody answered for, and second ones. */
  function eachReadElsewhere(visit: (subject: number, place: number) => void): void {
    for (const block of presence?.read.blocks ?? []) {
      for (let i = 0; i < block.count; i++) {
        const writer = writerOf[block.writer[i]!];
        if (writer === undefined) continue;
        const sequence = block.sequence[i]!;
        const place = block.baseSequence + block.offset[i]!;
        const flags = writer.columns.flags(sequence);
        if ((flags & FLAG.write) === 0 || (isClaim(flags) && writer.columns.place(sequence) === place))
          continue;
        const subject = subjects.of(writer)[writer.columns.subject(sequence)]!;
        if (subject >= 0) visit(subject, place);
      }
    }
  }

  const subjectOf = (writer: IndexedWriter, sequence: number) =>
    subjects.of(writer)[writer.columns.subject(sequence)]!;
  return {
    laterThan: (writer, sequence, place) => heaps.countAbove(subjectOf(writer, sequence), place),
    withoutPlace: (writer, sequence) => withoutPlace[subjectOf(writer, sequence)]!,
    isPattern: (writer, sequence) =>
      /[*>]/.test(writer.history.subjects[writer.columns.subject(sequence)] ?? '>'),
  };
}

const isRead = (presence: ReadPresence | undefined, writer: IndexedWriter, sequence: number): boolean =>
  presence?.ofWriter[writer.history.writer]?.writes.has(sequence) ?? false;

interface SubjectNumbers {
  readonly count: number;
  /** By the writer's subject: the number that it has among all writers'; −1 for one of another stream. */
  of(writer: IndexedWriter): Int32Array;
}

function numberSubjects(writers: readonly IndexedWriter[], stream: IndexedStream): SubjectNumbers {
  const numbers = new Map<string, number>();
  const known = new Map<readonly string[], Int32Array>();
  for (const { history, streamOfSubject } of writers) {
    if (known.has(history.subjects)) continue;
    const own = Int32Array.from(history.subjects, (subject, i) => {
      if (streamOfSubject[i] !== stream.id) return -1;
      const number = numbers.get(subject) ?? numbers.size;
      numbers.set(subject, number);
      return number;
    });
    known.set(history.subjects, own);
  }
  return { count: numbers.size, of: ({ history }) => known.get(history.subjects)! };
}

function eachWrite(
  writers: readonly IndexedWriter[],
  stream: IndexedStream,
  subjects: SubjectNumbers,
  visit: (page: ColumnPage, i: number, writer: IndexedWriter, subject: number) => void,
): void {
  for (const writer of writers) {
    if (!writer.streamOfSubject.includes(stream.id)) continue;
    const numbers = subjects.of(writer);
    for (const page of writer.columns.pages) {
      if (page === undefined) continue;
      for (let i = 0; i < PAGE_OPERATIONS; i++) {
        if ((page.flags[i]! & FLAG.write) === 0) continue;
        const subject = numbers[page.subject[i]!]!;
        if (subject >= 0) visit(page, i, writer, subject);
      }
    }
  }
}

/** Of each of many rows, the highest so many numbers: heaps side by side in one array. */
class TopPlaces {
  readonly #limit: number;
  readonly #starts: Float64Array;
  readonly #sizes: Uint32Array;
  readonly #heaps: Float64Array;

  constructor(counts: Uint32Array, limit: number) {
    this.#limit = limit;
    this.#starts = new Float64Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++)
      this.#starts[i + 1] = this.#starts[i]! + Math.min(limit, counts[i]!);
    this.#sizes = new Uint32Array(counts.length);
    this.#heaps = new Float64Array(this.#starts[counts.length]!);
  }

  add(row: number, number: number): void {
    const start = this.#starts[row]!;
    const capacity = Math.min(this.#limit, this.#starts[row + 1]! - start);
    const heaps = this.#heaps;
    const size = this.#sizes[row]!;
    if (size < capacity) {
      this.#sizes[row] = size + 1;
      let at = size;
      // The lowest of them stands at the start.
      for (let up = (at - 1) >> 1; at > 0 && heaps[start + up]! > number; at = up, up = (at - 1) >> 1)
        heaps[start + at] = heaps[start + up]!;
      heaps[start + at] = number;
      return;
    }
    if (capacity === 0 || number <= heaps[start]!) return;
    let at = 0;
    for (let down = 1; down < size; down = 2 * at + 1) {
      if (down + 1 < size && heaps[start + down + 1]! < heaps[start + down]!) down++;
      if (heaps[start + down]! >= number) break;
      heaps[start + at] = heaps[start + down]!;
      at = down;
    }
    heaps[start + at] = number;
  }

  countAbove(row: number, number: number): number {
    const start = this.#starts[row]!;
    const size = this.#sizes[row]!;
    // What a limit removed lies below all that are kept: counting them for each would be quadratic.
    if (size > 0 && number < this.#heaps[start]!) return size;
    let count = 0;
    for (let i = 0; i < size; i++) if (this.#heaps[start + i]! > number) count++;
    return count;
  }
}
