import { formatDuration, formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { StreamRead } from '../contracts/history.js';
import { type HistoryIndex, type IndexedStream, indexOf } from './history-index.js';
import { FLAG, isAcknowledged, isClaim, PAGE_OPERATIONS } from './operation-columns.js';
import { ReadCursor } from './read-cursor.js';
import { counted, gaveUp, messagesIn, withDoubts } from './read-problems.js';
import { SequenceSet } from './sequence-set.js';
import { Sightings } from './sightings.js';
import { duplicateWindowNs } from './stream-limits.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  duplicatedWithinWindow: { name: 'duplicated within the window', meaning: 'violation' },
  duplicatedAtUnknownTime: { name: 'duplicated, perhaps within the window', meaning: 'doubt' },
  duplicatedBeyondWindow: { name: 'duplicated beyond the window', meaning: 'allowed' },
  duplicatedWithoutId: { name: 'duplicated without ids', meaning: 'allowed' },
} as const;

/** Messages of which there is more than one with the same stamp, in stream order, a column a field. */
interface Copies {
  readonly writer: number[];
  readonly sequence: number[];
  readonly place: number[];
  /** Between which times each can have been stored. */
  readonly lowNs: number[];
  readonly highNs: number[];
}

/** Nothing that has an id stands in a stream twice within the stream's window. */
export const duplicates: Checker = {
  name: 'duplicates',
  summary: 'no event with a message id stands in a stream twice within its duplicate window',
  judges: ['publish', 'put', 'compare-and-set'],
  needs: ['reads', 'streams'],
  check: (history) => new Duplicates(indexOf(history)).result(),
};

class Duplicates {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<keyof typeof KINDS>;
  #writes = 0;
  #acknowledgedAsDuplicate = 0;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    for (const { columns } of index.writers) {
      for (const page of columns.pages) {
        if (page === undefined) continue;
        for (let i = 0; i < PAGE_OPERATIONS; i++) {
          const flags = page.flags[i]!;
          if (isAcknowledged(flags) && flags & FLAG.duplicate) this.#acknowledgedAsDuplicate++;
        }
      }
    }
    for (const stream of index.streams) if (stream.read !== undefined) this.#judgeStream(stream, stream.read);
  }

  #judgeStream(stream: IndexedStream, read: StreamRead): void {
    const repeated = this.#repeatedIn(read);
    if (repeated.size === 0) return;
    const windowNs = duplicateWindowNs(stream.facts);
    const copies = this.#dateCopies(read, repeated);
    const lastOf = new Map<string, number>();
    for (let i = 0; i < copies.place.length; i++) {
      const key = `${copies.writer[i]} ${copies.sequence[i]}`;
      const before = lastOf.get(key);
      if (before !== undefined) this.#judgeCopy(copies, before, i, windowNs, stream);
      lastOf.set(key, i);
    }
  }

  /** Counts those without ids; of the others, tells which writes stand there more than once, by writer. */
  #repeatedIn(read: StreamRead): Map<number, SequenceSet> {
    const seen: (SequenceSet | undefined)[] = this.#index.writerOf.map(() => undefined);
    const repeated = new Map<number, SequenceSet>();
    const cursor = new ReadCursor(read);
    for (cursor.next(); cursor.place < Number.POSITIVE_INFINITY; cursor.next()) {
      const { writer, sequence } = cursor;
      const indexed = this.#index.writerOf[writer];
      if (indexed === undefined || (indexed.columns.flags(sequence) & FLAG.write) === 0) continue;
      let own = seen[writer];
      if (own === undefined) seen[writer] = own = new SequenceSet(indexed.columns.highest);
      if (own.add(sequence)) this.#writes++;
      else if (indexed.history.messageIds) {
        let set = repeated.get(writer);
        set ??= new SequenceSet(indexed.columns.highest);
        repeated.set(writer, set);
        set.add(sequence);
      } else this.#found.add('duplicatedWithoutId', indexed.columns.atNs(sequence));
    }
    return repeated;
  }

  #dateCopies(read: StreamRead, repeated: ReadonlyMap<number, SequenceSet>): Copies {
    const copies: Copies = { writer: [], sequence: [], place: [], lowNs: [], highNs: [] };
    let lowNs = Number.NEGATIVE_INFINITY;
    const cursor = new ReadCursor(read);
    for (cursor.next(); cursor.place < Number.POSITIVE_INFINITY; cursor.next()) {
      const { writer, sequence, place } = cursor;
      const columns = this.#index.writerOf[writer]?.columns;
      const flags = columns?.flags(sequence) ?? 0;
      if (columns === undefined || (flags & FLAG.write) === 0) continue;
      const sentNs = columns.sentNs(sequence);
      if (sentNs > lowNs) lowNs = sentNs;
      if (repeated.get(writer)?.has(sequence)) {
        copies.writer.push(writer);
        copies.sequence.push(sequence);
        copies.place.push(place);
        copies.lowNs.push(lowNs);
        copies.highNs.push(Number.POSITIVE_INFINITY);
      }
      const last = copies.highNs.length - 1;
      if (last >= 0 && isClaim(flags) && columns.place(sequence) === place) {
        copies.highNs[last] = Math.min(copies.highNs[last]!, columns.doneNs(sequence));
      }
    }
    // What is acknowledged behind the next copy was stored after this one, too.
    let highNs = read.endedNs ?? Number.POSITIVE_INFINITY;
    for (let i = copies.highNs.length - 1; i >= 0; i--) {
      highNs = Math.min(highNs, copies.highNs[i]!);
      copies.highNs[i] = highNs;
    }
    return copies;
  }

  #judgeCopy(copies: Copies, before: number, at: number, windowNs: number, stream: IndexedStream): void {
    const mostNs = copies.highNs[at]! - copies.lowNs[before]!;
    const leastNs = copies.lowNs[at]! - copies.highNs[before]!;
    const kind =
      mostNs < windowNs
        ? 'duplicatedWithinWindow'
        : leastNs >= windowNs
          ? 'duplicatedBeyondWindow'
          : 'duplicatedAtUnknownTime';
    const writer = this.#index.writerOf[copies.writer[at]!]!;
    const sequence = copies.sequence[at]!;
    const places = `stands in ${stream.name} at sequence ${formatInteger(copies.place[before]!)} and at ${formatInteger(copies.place[at]!)}`;
    this.#found.add(
      kind,
      writer.columns.atNs(sequence),
      kind === 'duplicatedWithinWindow'
        ? () =>
            tellStory(
              this.#index,
              writer,
              sequence,
              places,
              `stored within ${formatDuration(Math.max(0, mostNs))}, and its id is known for ${formatDuration(windowNs)}`,
            )
        : undefined,
    );
  }

  result(): CheckResult {
    const { history } = this.#index;
    const found = this.#found;
    const { counts } = found;
    const doubts: string[] = [];
    if (messagesIn(history.reads) === 0) doubts.push('nothing was read back');
    else if (this.#writes === 0) doubts.push('nothing that was read is of a writer with a history');
    doubts.push(...gaveUp(history.reads));
    if (counts.duplicatedAtUnknownTime > 0)
      doubts.push(
        `${formatInteger(counts.duplicatedAtUnknownTime)} were duplicated, and when cannot be told closely enough`,
      );
    const allowed = [
      ...(counts.duplicatedBeyondWindow > 0
        ? [`${formatInteger(counts.duplicatedBeyondWindow)} duplicated (allowed: outside the dedupe window)`]
        : []),
      ...(counts.duplicatedWithoutId > 0
        ? [`${formatInteger(counts.duplicatedWithoutId)} duplicated (allowed: without message ids)`]
        : []),
    ];
    const sentence = [
      `${formatInteger(found.violations)} of ${counted(this.#writes, 'event')} duplicated within the dedupe window`,
      ...allowed,
    ].join('; ');
    return {
      name: duplicates.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(sentence, doubts),
      counts: { read: this.#writes, ...counts, acknowledgedAsDuplicate: this.#acknowledgedAsDuplicate },
      sets: found.sets,
      examples: found.examples,
    };
  }
}
