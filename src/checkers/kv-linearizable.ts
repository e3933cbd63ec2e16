import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { History } from '../contracts/history.js';
import { type Contradiction, type KnownWrites, knowWrites } from './kv-known-writes.js';
import { COMPARE_AND_SET, GET, type KvOperations, kvOperations, OK, UNKNOWN } from './kv-operations.js';
import { KvRevisions } from './kv-revisions.js';
import { tellKvOperation } from './kv-story.js';
import { forgetsValues, readsLeader } from './kv-stream.js';
import { Sightings } from './sightings.js';
import { duringFaults } from './story-parts.js';

const KINDS = {
  lostWrite: { name: 'lost writes', meaning: 'violation' },
  lostUpdate: { name: 'lost compare-and-sets', meaning: 'violation' },
  order: { name: 'writes out of order', meaning: 'violation' },
  sameRevision: { name: 'writes with a revision of another', meaning: 'violation' },
  wrongValue: { name: 'wrong values', meaning: 'violation' },
  failedWrite: { name: 'failed writes that show', meaning: 'violation' },
  future: { name: 'gets from the future', meaning: 'violation' },
  stale: { name: 'stale gets', meaning: 'violation' },
  storedThoughUnknown: { name: 'stored though unknown', meaning: 'allowed' },
} as const;
type Kind = keyof typeof KINDS;

/** Everything that the parts of the check look at. */
interface Judged {
  readonly history: History;
  readonly operations: KvOperations;
  readonly known: KnownWrites;
  readonly revisions: KvRevisions;
  /** @param why ends the story; without it there is none */
  found(kind: Kind, row: number, why?: string): void;
}

/** Each key of a bucket is a register whose history is linearizable; see docs/safety.md. */
export const kvLinearizable: Checker = {
  name: 'kv-linearizable',
  summary: 'puts, compare-and-sets and gets of each key agree with one order in time',
  judges: ['put', 'compare-and-set', 'get'],
  needs: ['reads', 'streams'],
  check(history): CheckResult {
    const operations = kvOperations(history);
    const seen = new Sightings<Kind>(history, KINDS);
    const { sentNs, doneNs } = operations;
    const found = (kind: Kind, row: number, why?: string): void => {
      const tell = (): string => {
        const endNs = Number.isFinite(doneNs[row]!) ? doneNs[row]! : sentNs[row]!;
        return `${tellKvOperation(history, operations, row)}${duringFaults(sentNs[row]!, endNs, history)}: ${why}`;
      };
      seen.add(kind, sentNs[row]!, why === undefined ? undefined : tell);
    };
    const known = knowWrites(history, operations, (what, row, revision, isFinal) =>
      found(what, row, contradictionText(what, revision, isFinal)),
    );
    const revisions = new KvRevisions(operations, known.rowAt);
    const judged: Judged = { history, operations, known, revisions, found };
    judgeWrites(judged);
    judgeGets(judged);
    judgeFinalRead(judged);
    return resultOf(judged, seen);
  },
};

function contradictionText(what: Contradiction, revision: number, isFinal: boolean): string {
  const where = isFinal ? `, in the final read at revision ${formatInteger(revision)}` : '';
  switch (what) {
    case 'sameRevision':
      return 'another write was acknowledged with that revision';
    case 'wrongValue':
      return `its value is not the one that was written there${where}`;
    case 'failedWrite':
      return `its value is one of a write that failed${where}`;
  }
}

/** In the order of their revisions: what was over before an earlier one began, and what a compare-and-set overlooked. */
function judgeWrites({ operations, known, revisions, found }: Judged): void {
  const { kind, outcome, sentNs, doneNs, operand, keys, key, streamOfKey } = operations;
  for (let ofKey = 0; ofKey < keys.length; ofKey++) {
    const end = revisions.start[ofKey + 1]!;
    let latestSentNs = Number.NEGATIVE_INFINITY;
    let before = 0;
    for (let at = revisions.start[ofKey]!; at < end; at++) {
      const row = revisions.row[at]!;
      const revision = revisions.revision[at]!;
      // Of a value that no history wrote it is not known when it was.
      if (kind[row] !== GET) {
        if (doneNs[row]! < latestSentNs) {
          found('order', row, 'it was over before a write with a lower revision was sent');
        }
        latestSentNs = Math.max(latestSentNs, sentNs[row]!);
        if (outcome[row] === UNKNOWN) found('storedThoughUnknown', row);
      }
      if (kind[row] === COMPARE_AND_SET && outcome[row] === OK) {
        const expected = operand[row]!;
        const atExpected = known.rowAt[streamOfKey[ofKey]!]!.get(expected);
        if (before > expected)
          found('lostUpdate', row, `the key had revision ${formatInteger(before)} by then`);
        else if (expected >= revision) found('lostUpdate', row, 'what it expected came later');
        else if (expected > 0 && atExpected >= 0 && key[atExpected] !== ofKey) {
          found('lostUpdate', row, 'what it expected is a revision of another key');
        }
      }
      before = revision;
    }
  }
}

/** A get shows nothing before it was written, and where the leader answers, nothing that it knew to be old. */
function judgeGets({ history, operations, known, revisions, found }: Judged): void {
  const { count, kind, key, revision, sentNs, doneNs, streams, streamOfKey } = operations;
  const judgesStale = streams.map((stream) => readsLeader(history, stream) === true);
  const forgets = streams.map((stream) => forgetsValues(history, stream));
  const newerSinceNs = judgesStale.includes(true) ? knownSince(operations, revisions) : undefined;
  for (let row = 0; row < count; row++) {
    if (kind[row] !== GET) continue;
    const ofKey = key[row]!;
    const stream = streamOfKey[ofKey]!;
    const read = revision[row]!;
    const write = read === 0 ? -1 : known.rowAt[stream]!.get(read);
    if (write >= 0 && kind[write] !== GET && key[write] === ofKey && doneNs[row]! < sentNs[write]!) {
      found('future', row, 'it was over before that value was sent');
    }
    if (newerSinceNs === undefined || !judgesStale[stream] || (read === 0 && forgets[stream])) continue;
    const newer = revisions.above(ofKey, read);
    if (newer === revisions.start[ofKey + 1]! || newerSinceNs[newer]! >= sentNs[row]!) continue;
    found('stale', row, 'a newer revision was known before it was sent, and its leader answers all gets');
  }
}

/** By revision: since when it, or a later one of its key, was known to somebody: to its writer, or to one who read it. */
function knownSince(operations: KvOperations, revisions: KvRevisions): Float64Array {
  const { count, kind, outcome, key, revision, doneNs } = operations;
  const knownNs = Float64Array.from(revisions.row, (row) =>
    kind[row] !== GET && outcome[row] === OK ? doneNs[row]! : Number.POSITIVE_INFINITY,
  );
  for (let row = 0; row < count; row++) {
    if (kind[row] !== GET || revision[row] === 0) continue;
    const at = revisions.above(key[row]!, revision[row]!) - 1;
    const isThere = at >= revisions.start[key[row]!]! && revisions.revision[at] === revision[row];
    if (isThere && doneNs[row]! < knownNs[at]!) knownNs[at] = doneNs[row]!;
  }
  return revisions.sinceWhen(knownNs);
}

/** The last acknowledged write of each key is there at the end, or one after it. */
function judgeFinalRead({ history, operations, known, revisions, found }: Judged): void {
  const { kind, outcome, keys, streams, streamOfKey } = operations;
  const throughOf = streams.map((stream) => {
    const read = history.reads.find((each) => each.stream === stream);
    if (read === undefined || forgetsValues(history, stream)) return 0;
    if (read.gone) return Number.POSITIVE_INFINITY;
    return read.complete ? read.throughSequence : 0;
  });
  for (let ofKey = 0; ofKey < keys.length; ofKey++) {
    let at = revisions.start[ofKey + 1]! - 1;
    const first = revisions.start[ofKey]!;
    const isAcknowledged = (row: number): boolean => kind[row] !== GET && outcome[row] === OK;
    while (at >= first && !isAcknowledged(revisions.row[at]!)) at--;
    if (at < first) continue;
    const revision = revisions.revision[at]!;
    if (revision > throughOf[streamOfKey[ofKey]!]! || known.lastRead[ofKey]! >= revision) continue;
    const last = known.lastRead[ofKey]!;
    const held = last === 0 ? 'nothing of that key' : `no more of it than revision ${formatInteger(last)}`;
    found('lostWrite', revisions.row[at]!, `the final read held ${held}`);
  }
}

function resultOf({ history, operations }: Judged, seen: Sightings<Kind>): CheckResult {
  const { kind, outcome, count } = operations;
  const tally = { puts: 0, compareAndSets: 0, gets: 0, unknown: 0 };
  for (let row = 0; row < count; row++) {
    if (outcome[row] === UNKNOWN) tally.unknown++;
    if (outcome[row] !== OK) continue;
    if (kind[row] === GET) tally.gets++;
    else if (kind[row] === COMPARE_AND_SET) tally.compareAndSets++;
    else tally.puts++;
  }
  const answered = tally.puts + tally.compareAndSets + tally.gets;
  const doubts = answered === 0 ? ['no operation was answered'] : doubtsOf(history, operations);
  const broken = seen.listed('violation', formatInteger);
  const judgedGets = judgedGetsText(history, operations, tally.gets);
  return {
    name: 'kv-linearizable',
    verdict: seen.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
    sentence: [
      `${formatInteger(answered)} operations on ${formatInteger(operations.keys.length)} keys: ` +
        (broken === '' ? `linearizable${judgedGets}` : broken),
      ...doubts,
    ].join('; '),
    counts: { ...tally, ...seen.counts },
    sets: seen.sets,
    examples: seen.examples,
  };
}

/** What is not judged is not to be taken for held. */
function judgedGetsText(history: History, { streams }: KvOperations, gets: number): string {
  const direct = gets === 0 ? [] : streams.filter((stream) => readsLeader(history, stream) !== true);
  return direct.length === 0
    ? ''
    : ` but for stale gets, which are not judged: any replica of ${direct.join(', ')} answers`;
}

function doubtsOf(history: History, { writers, streams }: KvOperations): string[] {
  const incomplete = writers
    .filter(({ history: { complete } }) => !complete)
    .map(({ history: { load, writer } }) => `the history of ${load}/${writer} is not complete`);
  const unread = streams.flatMap((stream) => {
    const read = history.reads.find((each) => each.stream === stream);
    if (read === undefined) return [`${stream || 'a bucket'} was not read back`];
    return read.complete ? [] : [`reading ${stream} gave up: ${read.gaveUp ?? 'for no known reason'}`];
  });
  return [...incomplete, ...unread];
}
