import { OPERATION_KINDS, OUTCOMES, type WriterHistory } from '../contracts/history.js';

/** What the byte of an operation says: 0 is no such operation. */
export const FLAG = {
  /** Two bits: one of the three below. */
  outcome: 0b11,
  ok: 1,
  failed: 2,
  unknown: 3,
  /** Acknowledged as a duplicate. */
  duplicate: 0b100,
  /** Its stamp may stand in a stream: publish, put, compare-and-set. */
  write: 0b1000,
  /** A publish. */
  publish: 0b10000,
  /** Its stamp goes out, be it to be stored or not. */
  stamped: 0b100000,
} as const;

const OUTCOME_FLAGS = Uint8Array.from(OUTCOMES, (outcome) => FLAG[outcome]);
const KIND_FLAGS = Uint8Array.from(OPERATION_KINDS, (kind) => {
  if (kind === 'publish') return FLAG.write | FLAG.publish | FLAG.stamped;
  if (kind === 'put' || kind === 'compare-and-set') return FLAG.write | FLAG.stamped;
  return kind === 'request' ? FLAG.stamped : 0;
});

/** An acknowledged write. */
export const isAcknowledged = (flags: number): boolean =>
  (flags & (FLAG.write | FLAG.outcome)) === (FLAG.write | FLAG.ok);

/** An acknowledged write that is no duplicate: its acknowledgement says what stands where. */
export const isClaim = (flags: number): boolean =>
  (flags & (FLAG.write | FLAG.outcome | FLAG.duplicate)) === (FLAG.write | FLAG.ok);

export const PAGE_OPERATIONS = 1024;
const PAGE_SHIFT = 10;
const MOST_SEQUENCE = 2 ** 32 - 2;

/** Operations `first` to `first + PAGE_OPERATIONS − 1` of a writer, a column a field. */
export interface ColumnPage {
  readonly first: number;
  readonly flags: Uint8Array;
  readonly subject: Uint16Array | Uint32Array;
  readonly streamSequence: Float64Array;
  readonly sentNs: Float64Array;
  readonly doneNs: Float64Array;
  /** Absent while none of them has a reason. */
  reason?: Uint16Array;
}

/**
 * The operations of one writer by their sequence, of those kinds that go out with a stamp: decoded once, 27 bytes each.
 * Of others there is only that they are there.
 */
export class OperationColumns {
  /** By sequence / PAGE_OPERATIONS; a page without operations may be absent. */
  readonly pages: (ColumnPage | undefined)[] = [];
  /** −1 when there is none. */
  highest = -1;

  constructor(readonly writer: WriterHistory) {
    const hasManySubjects = writer.subjects.length > 65_535;
    for (const block of writer.blocks()) {
      const { count, kind, sequence, outcome, subject, streamSequence, sentNs, doneNs, detail, reason } =
        block;
      for (let i = 0; i < count; i++) {
        const at = sequence[i]!;
        if (at > MOST_SEQUENCE) continue;
        if (at > this.highest) this.highest = at;
        const page = this.pages[at >>> PAGE_SHIFT] ?? this.#addPage(at >>> PAGE_SHIFT, hasManySubjects);
        const place = at & (PAGE_OPERATIONS - 1);
        const kindFlags = KIND_FLAGS[kind[i]!]!;
        const flags = OUTCOME_FLAGS[outcome[i]!]! | kindFlags;
        page.flags[place] = flags;
        if (kindFlags === 0) continue;
        if (kindFlags & FLAG.publish && detail[i] === 1) page.flags[place] = flags | FLAG.duplicate;
        page.subject[place] = subject[i]!;
        page.streamSequence[place] = streamSequence[i]!;
        page.sentNs[place] = sentNs[i]!;
        page.doneNs[place] = doneNs[i]!;
        if (reason[i] !== 0) {
          page.reason ??= new Uint16Array(PAGE_OPERATIONS);
          page.reason[place] = reason[i]!;
        }
      }
    }
  }

  #addPage(number: number, hasManySubjects: boolean): ColumnPage {
    const page: ColumnPage = {
      first: number * PAGE_OPERATIONS,
      flags: new Uint8Array(PAGE_OPERATIONS),
      subject: new (hasManySubjects ? Uint32Array : Uint16Array)(PAGE_OPERATIONS),
      streamSequence: new Float64Array(PAGE_OPERATIONS),
      sentNs: new Float64Array(PAGE_OPERATIONS),
      doneNs: new Float64Array(PAGE_OPERATIONS),
    };
    // A row without holes is faster to look into.
    while (this.pages.length < number) this.pages.push(undefined);
    this.pages[number] = page;
    return page;
  }

  /** 0 when there is no such operation; see FLAG. */
  flags(sequence: number): number {
    return this.pages[sequence >>> PAGE_SHIFT]?.flags[sequence & (PAGE_OPERATIONS - 1)] ?? 0;
  }

  // The others are asked of operations that are there.

  subject(sequence: number): number {
    return this.pages[sequence >>> PAGE_SHIFT]!.subject[sequence & (PAGE_OPERATIONS - 1)]!;
  }

  /** As acknowledged; 0 when that named none. */
  place(sequence: number): number {
    return this.pages[sequence >>> PAGE_SHIFT]!.streamSequence[sequence & (PAGE_OPERATIONS - 1)]!;
  }

  sentNs(sequence: number): number {
    return this.pages[sequence >>> PAGE_SHIFT]!.sentNs[sequence & (PAGE_OPERATIONS - 1)]!;
  }

  doneNs(sequence: number): number {
    return this.pages[sequence >>> PAGE_SHIFT]!.doneNs[sequence & (PAGE_OPERATIONS - 1)]!;
  }

  /** Its place on the timeline. */
  atNs(sequence: number): number {
    return this.doneNs(sequence) || this.sentNs(sequence);
  }

  /** '' when there is none. */
  reason(sequence: number): string {
    const index = this.pages[sequence >>> PAGE_SHIFT]?.reason?.[sequence & (PAGE_OPERATIONS - 1)] ?? 0;
    return this.writer.reason(index);
  }
}
