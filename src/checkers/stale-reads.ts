import { z } from 'zod';
import { durationSchema } from '../base/unit-schemas.js';
import { formatDuration, formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { History } from '../contracts/history.js';
import { GET, type KvOperations, type KvWriter, kvOperations } from './kv-operations.js';
import { acknowledgedRows, KvRevisions } from './kv-revisions.js';
import { tellKvOperation } from './kv-story.js';
import { forgetsValues } from './kv-stream.js';
import { PagedTable } from './paged-table.js';
import { Sightings } from './sightings.js';
import { duringFaults } from './story-parts.js';

const schema = z
  .strictObject({
    within: durationSchema
      .optional()
      .describe('How stale a get may be at most. Default: stale gets are only reported'),
  })
  .describe('How stale the gets of buckets are');
type Options = z.output<typeof schema>;

/** How far behind what was acknowledged each get was; see docs/safety.md. */
export const staleReads: Checker & { readonly schema: typeof schema } = {
  name: 'stale-reads',
  summary: 'how many gets returned an older value than one acknowledged before, and how stale they were',
  judges: ['get'],
  needs: ['streams'],
  schema,
  check(history, params): CheckResult {
    const { within } = params as Options;
    const operations = kvOperations(history);
    const revisions = new KvRevisions(operations, acknowledgedRows(operations));
    const seen = new Sightings(history, {
      tooStale: { name: 'gets staler than allowed', meaning: 'violation' },
      stale: { name: 'stale gets', meaning: 'allowed' },
      notMonotonic: { name: 'gets of an older value than one read before', meaning: 'allowed' },
    });
    const staleness = measureStaleness(history, operations, revisions);
    const { gets, rows, staleNs, behind } = staleness;
    for (const [i, row] of rows.entries()) {
      const { sentNs } = operations;
      const tell = (): string =>
        `${tellKvOperation(history, operations, row)}, stale for ${formatDuration(staleNs[i]!)} ` +
        `(${formatInteger(behind[i]!)} revisions behind)${duringFaults(sentNs[row]! - staleNs[i]!, sentNs[row]!, history)}`;
      if (within !== undefined && staleNs[i]! > within) seen.add('tooStale', sentNs[row]!, tell);
      else seen.add('stale', sentNs[row]!, tell);
    }
    for (const writer of operations.writers) {
      countNotMonotonic(operations, writer, (row) => seen.add('notMonotonic', operations.sentNs[row]!));
    }
    const times = Float64Array.from(staleNs).sort();
    const steps = Float64Array.from(behind).sort();
    const stale = rows.length;
    const figures = {
      medianNs: times[stale >> 1] ?? 0,
      worstNs: times.at(-1) ?? 0,
      medianRevisions: steps[stale >> 1] ?? 0,
      worstRevisions: steps.at(-1) ?? 0,
    };
    const incomplete = operations.writers.filter(({ history: { complete } }) => !complete);
    const doubts =
      gets === 0
        ? ['no get was answered']
        : incomplete.map(
            ({ history: { load, writer } }) => `the history of ${load}/${writer} is not complete`,
          );
    const isViolated = seen.violations > 0;
    return {
      name: 'stale-reads',
      verdict: isViolated ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: [sentenceOf(gets, stale, figures, seen.count('tooStale'), within), ...doubts].join('; '),
      counts: {
        gets,
        stale,
        tooStale: seen.count('tooStale'),
        notMonotonic: seen.count('notMonotonic'),
        ...figures,
      },
      sets: seen.sets,
      examples: seen.examples,
    };
  },
};

interface Staleness {
  /** That could be judged. */
  readonly gets: number;
  /** Of the stale ones: which, for how long, and by how many revisions. */
  readonly rows: readonly number[];
  readonly staleNs: readonly number[];
  readonly behind: readonly number[];
}

function measureStaleness(history: History, operations: KvOperations, revisions: KvRevisions): Staleness {
  const { count, kind, key, revision, sentNs, doneNs, streams, streamOfKey } = operations;
  const forgets = streams.map((stream) => forgetsValues(history, stream));
  const newerSinceNs = revisions.sinceWhen(Float64Array.from(revisions.row, (row) => doneNs[row]!));
  const rows: number[] = [];
  const staleNs: number[] = [];
  const behind: number[] = [];
  let gets = 0;
  for (let row = 0; row < count; row++) {
    if (kind[row] !== GET) continue;
    const ofKey = key[row]!;
    if (revision[row] === 0 && forgets[streamOfKey[ofKey]!]) continue;
    gets++;
    const newer = revisions.above(ofKey, revision[row]!);
    const end = revisions.start[ofKey + 1]!;
    if (newer === end || newerSinceNs[newer]! >= sentNs[row]!) continue;
    rows.push(row);
    staleNs.push(sentNs[row]! - newerSinceNs[newer]!);
    behind.push(acknowledgedBy(newerSinceNs, newer, end, sentNs[row]!));
  }
  return { gets, rows, staleNs, behind };
}

/** How many of the revisions from `first` on lie at or below the highest that was acknowledged before `ns`. */
function acknowledgedBy(sinceNs: Float64Array, first: number, end: number, ns: number): number {
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sinceNs[middle]! < ns) low = middle + 1;
    else high = middle;
  }
  return low - first;
}

/** Gets that returned an older revision than a get of the same key by the same writer that was done before they were sent. */
function countNotMonotonic(
  operations: KvOperations,
  { from, to }: KvWriter,
  onFound: (row: number) => void,
): void {
  const { kind, key, revision, sentNs, doneNs, streams, streamOfKey } = operations;
  const firstReads = streams.map(() => new PagedTable(-1));
  for (let row = from; row < to; row++) {
    if (kind[row] !== GET || revision[row] === 0) continue;
    const reads = firstReads[streamOfKey[key[row]!]!]!;
    const first = reads.get(revision[row]!);
    if (first < 0 || doneNs[row]! < doneNs[first]!) reads.set(revision[row]!, row);
  }
  const read = new KvRevisions(operations, firstReads);
  const newerSinceNs = read.sinceWhen(Float64Array.from(read.row, (row) => doneNs[row]!));
  for (let row = from; row < to; row++) {
    if (kind[row] !== GET) continue;
    const newer = read.above(key[row]!, revision[row]!);
    if (newer < read.start[key[row]! + 1]! && newerSinceNs[newer]! < sentNs[row]!) onFound(row);
  }
}

function sentenceOf(
  gets: number,
  stale: number,
  { medianNs, worstNs, worstRevisions }: Record<'medianNs' | 'worstNs' | 'worstRevisions', number>,
  tooStale: number,
  within: number | undefined,
): string {
  const share = `${formatInteger(stale)} of ${formatInteger(gets)} gets were stale`;
  if (stale === 0) return share;
  const howFar =
    `${formatDuration(medianNs)} at the median, ${formatDuration(worstNs)} and ` +
    `${formatInteger(worstRevisions)} revisions at worst`;
  const beyond =
    tooStale > 0 ? `, ${formatInteger(tooStale)} of them by more than ${formatDuration(within!)}` : '';
  return `${share}${beyond}: ${howFar}`;
}
