import type { HistoryIndex, IndexedStream, IndexedWriter } from './history-index.js';
import { type ColumnPage, isClaim, PAGE_OPERATIONS } from './operation-columns.js';

/** A write that was acknowledged with no higher sequence than one that was known before it was sent. */
export interface AcknowledgedLower {
  readonly writer: IndexedWriter;
  readonly sequence: number;
  /** The highest that was known by then. */
  readonly higher: number;
}

const MOST_BUCKETS = 2 ** 20;

/**
 * Finds every write of a stream whose acknowledgement names a sequence that is not above all that were known when it was
 * sent: acknowledged, or seen in a look. Time is cut into buckets, and the highest sequence known by the end of each is
 * kept: that decides all but those for which it depends on what else was known within the same bucket, and these few are
 * looked at closely. Linear, and exact.
 */
export function acknowledgedLower(
  { writers }: HistoryIndex,
  stream: IndexedStream,
  onFound: (pair: AcknowledgedLower) => void,
): void {
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = Number.NEGATIVE_INFINITY;
  let claims = 0;
  eachClaim(writers, stream, (page, i) => {
    claims++;
    const doneNs = page.doneNs[i]!;
    if (doneNs < fromNs) fromNs = doneNs;
    if (doneNs > toNs) toNs = doneNs;
  });
  if (claims === 0) return;
  const looks = knownByLooks(stream).filter(({ doneNs }) => doneNs <= toNs);
  for (const { doneNs } of looks) fromNs = Math.min(fromNs, doneNs);

  const buckets = Math.min(MOST_BUCKETS, Math.max(64, 4 * claims));
  const perNs = toNs > fromNs ? (buckets - 1) / (toNs - fromNs) : 0;
  const bucketOf = (ns: number) => (ns >= toNs ? buckets - 1 : Math.floor((ns - fromNs) * perNs));
  const highest = new Float64Array(buckets);
  const know = (doneNs: number, place: number) => {
    const bucket = bucketOf(doneNs);
    if (place > highest[bucket]!) highest[bucket] = place;
  };
  eachClaim(writers, stream, (page, i) => know(page.doneNs[i]!, page.streamSequence[i]!));
  for (const { doneNs, place } of looks) know(doneNs, place);
  for (let i = 1; i < buckets; i++) if (highest[i - 1]! > highest[i]!) highest[i] = highest[i - 1]!;

  const open: OpenClaim[] = [];
  eachClaim(writers, stream, (page, i, writer) => {
    const sentNs = page.sentNs[i]!;
    if (sentNs <= fromNs) return;
    const bucket = bucketOf(sentNs);
    const place = page.streamSequence[i]!;
    if (place > highest[bucket]!) return;
    const before = bucket === 0 ? 0 : highest[bucket - 1]!;
    if (place <= before) onFound({ writer, sequence: page.first + i, higher: before });
    else open.push({ writer, sequence: page.first + i, sentNs, place, bucket });
  });
  if (open.length > 0) lookClosely();

  function lookClosely(): void {
    const known = new Map<number, { readonly doneNs: number; readonly place: number }[]>();
    for (const { bucket } of open) known.set(bucket, []);
    eachClaim(writers, stream, (page, i) => {
      const doneNs = page.doneNs[i]!;
      known.get(bucketOf(doneNs))?.push({ doneNs, place: page.streamSequence[i]! });
    });
    for (const look of looks) known.get(bucketOf(look.doneNs))?.push(look);
    const rising = new Map([...known].map(([bucket, row]) => [bucket, risingIn(row)]));
    for (const { writer, sequence, sentNs, place, bucket } of open) {
      const higher = knownBefore(rising.get(bucket)!, sentNs);
      if (place <= higher) onFound({ writer, sequence, higher });
    }
  }
}

interface OpenClaim {
  readonly writer: IndexedWriter;
  readonly sequence: number;
  readonly sentNs: number;
  readonly place: number;
  readonly bucket: number;
}

interface Known {
  readonly doneNs: number;
  readonly place: number;
}

/** In order of time, each with the highest place up to there. */
function risingIn(row: readonly Known[]): readonly Known[] {
  let highest = 0;
  return [...row]
    .sort((a, b) => a.doneNs - b.doneNs)
    .map(({ doneNs, place }) => {
      highest = Math.max(highest, place);
      return { doneNs, place: highest };
    });
}

/** The highest place that was known before a time; 0 when none was. */
function knownBefore(rising: readonly Known[], ns: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]!.doneNs < ns) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : rising[low - 1]!.place;
}

/** A look is certain to have been answered only when the next one was asked for. */
function knownByLooks({ facts }: IndexedStream): Known[] {
  const looks = facts?.looks ?? [];
  return looks.flatMap(({ exists, lastSequence }, i) => {
    const next = looks[i + 1];
    return exists && lastSequence > 0 && next !== undefined
      ? [{ doneNs: next.atNs, place: lastSequence }]
      : [];
  });
}

function eachClaim(
  writers: readonly IndexedWriter[],
  stream: IndexedStream,
  visit: (page: ColumnPage, i: number, writer: IndexedWriter) => void,
): void {
  for (const writer of writers) {
    const { columns, streamOfSubject } = writer;
    if (!streamOfSubject.includes(stream.id)) continue;
    for (const page of columns.pages) {
      if (page === undefined) continue;
      const { flags, subject, streamSequence } = page;
      for (let i = 0; i < PAGE_OPERATIONS; i++) {
        if (isClaim(flags[i]!) && streamSequence[i]! > 0 && streamOfSubject[subject[i]!] === stream.id)
          visit(page, i, writer);
      }
    }
  }
}
