import { formatInteger } from '../base/units.js';
import type { Checker, CheckLack, CheckResult, CheckScene } from '../contracts/checker.js';
import { type Eviction, evictionsOf } from './evictions.js';
import { type HistoryIndex, type IndexedStream, indexOf } from './history-index.js';
import { mergeReads } from './merged-reads.js';
import { FLAG } from './operation-columns.js';
import type { ReadCursor } from './read-cursor.js';
import { covers, presenceIn, type ReadPresence } from './read-presence.js';
import { counted, gaveUp, withDoubts } from './read-problems.js';
import { Sightings } from './sightings.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  differing: { name: 'differing', meaning: 'violation' },
  missing: { name: 'missing on a replica', meaning: 'violation' },
  extra: { name: 'on a replica only', meaning: 'violation' },
  notReached: { name: 'not reached on a replica', meaning: 'doubt' },
  perhapsEvicted: { name: 'perhaps evicted on a replica', meaning: 'doubt' },
  edge: { name: 'evicted on a replica before the others', meaning: 'allowed' },
} as const;
type Kind = keyof typeof KINDS;

/** All replicas of a stream hold the same. */
export const divergence: Checker & { findLack(scene: CheckScene): CheckLack | undefined } = {
  name: 'divergence',
  summary: 'all replicas of a stream hold the same messages in their own stores',
  judges: ['publish', 'put', 'compare-and-set'],
  needs: ['reads', 'replicas', 'streams', 'consumers'],
  findLack({ streams, isExternal }) {
    if (isExternal || streams.some(({ config }) => Number(config.num_replicas ?? 1) > 1)) return undefined;
    return {
      message: 'divergence compares the replicas of a stream, and no stream has two or more',
      hint: 'Give one `replicas: 3`, with as many nodes, or leave the check out.',
    };
  },
  check: (history) => new Divergence(indexOf(history)).result(),
};

class Divergence {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<Kind>;
  #compared = 0;
  readonly #streams: string[] = [];
  readonly #doubts: string[] = [];

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    for (const stream of index.streams) {
      const { replicas } = stream;
      if (replicas.length < 2 || replicas.every(({ count }) => count === 0)) continue;
      this.#streams.push(stream.name);
      this.#judgeStream(stream);
      const complete = replicas.filter((read) => read.complete && !read.gone);
      const isUnlimited = evictionsOf(index, stream).limits.names.length === 0;
      if (isUnlimited && new Set(complete.map(({ foreign }) => foreign)).size > 1)
        this.#doubts.push(`the replicas of ${stream.name} hold different numbers of foreign messages`);
    }
  }

  #judgeStream(stream: IndexedStream): void {
    const { replicas } = stream;
    const presences = replicas.map((read) => presenceIn(this.#index, stream, read));
    mergeReads(replicas, (place, cursors) => {
      let held = 0;
      let isSame = true;
      let first: ReadCursor | undefined;
      for (let i = 0; i < cursors.length; i++) {
        const cursor = cursors[i]!;
        if (cursor.place !== place) continue;
        held++;
        if (first === undefined) first = cursor;
        else if (!cursor.agreesWith(first)) isSame = false;
      }
      if (held === cursors.length && isSame) this.#compared++;
      else this.#judgePlace(stream, place, cursors, presences, isSame);
    });
  }

  #judgePlace(
    stream: IndexedStream,
    place: number,
    cursors: readonly ReadCursor[],
    presences: readonly ReadPresence[],
    isSame: boolean,
  ): void {
    const holders = cursors.flatMap((cursor, i) => (cursor.place === place ? [i] : []));
    const without = cursors.flatMap((cursor, i) =>
      cursor.place !== place && covers(presences[i]!, place) ? [i] : [],
    );
    const right = cursors[this.#mostHeld(holders, cursors)]!;
    for (let i = holders.length + without.length; i < cursors.length; i++)
      this.#add('notReached', stream, place, right);
    if (holders.length + without.length < 2) return;
    this.#compared++;
    if (!isSame) {
      for (const i of holders) {
        if (!cursors[i]!.agreesWith(right)) this.#add('differing', stream, place, right, [i], holders);
      }
    }
    if (without.length === 0) return;
    const evictionOf = (lacking: readonly number[]): Eviction =>
      this.#evictionOf(
        stream,
        place,
        right,
        lacking.map((i) => presences[i]!),
      );
    const isMissing = 2 * holders.length >= holders.length + without.length;
    for (const i of isMissing ? without : holders) {
      const eviction = evictionOf(isMissing ? [i] : without);
      if (eviction === 'evicted') this.#add('edge', stream, place, right);
      else if (eviction === 'perhaps') this.#add('perhapsEvicted', stream, place, right);
      else this.#add(isMissing ? 'missing' : 'extra', stream, place, right, [i], holders);
    }
  }

  /** Whose message most of the holders have; of equally many, the first's. */
  #mostHeld(holders: readonly number[], cursors: readonly ReadCursor[]): number {
    let best = holders[0]!;
    let most = 0;
    for (const i of holders) {
      const votes = holders.filter((j) => cursors[i]!.agreesWith(cursors[j]!)).length;
      if (votes > most) [best, most] = [i, votes];
    }
    return best;
  }

  /** What explains it for all these, who do not hold it. */
  #evictionOf(
    stream: IndexedStream,
    place: number,
    { writer, sequence }: ReadCursor,
    without: readonly ReadPresence[],
  ): Eviction {
    const evictions = evictionsOf(this.#index, stream);
    const indexed = this.#index.writerOf[writer];
    const isWrite = indexed !== undefined && (indexed.columns.flags(sequence) & FLAG.write) !== 0;
    const verdicts = without.map((presence) => {
      if (presence.read.gone) return 'no';
      return isWrite
        ? evictions.judge(presence, indexed, sequence, place)
        : evictions.judgeStranger(presence, place);
    });
    if (verdicts.includes('no')) return 'no';
    return verdicts.includes('perhaps') ? 'perhaps' : 'evicted';
  }

  #add(
    kind: Kind,
    stream: IndexedStream,
    place: number,
    { writer, sequence }: ReadCursor,
    deviating: readonly number[] = [],
    holders: readonly number[] = [],
  ): void {
    const indexed = this.#index.writerOf[writer];
    const isKnown = indexed !== undefined && (indexed.columns.flags(sequence) & FLAG.stamped) !== 0;
    const atNs = isKnown ? indexed.columns.atNs(sequence) : this.#index.history.startNs;
    if (KINDS[kind].meaning !== 'violation') {
      this.#found.add(kind, atNs);
      return;
    }
    const nodesOf = (replicas: readonly number[]) =>
      replicas.map((i) => stream.replicas[i]!.node).join(' and ');
    const where = `${stream.name} sequence ${formatInteger(place)}`;
    const on = nodesOf(deviating);
    const others = nodesOf(holders.filter((i) => !deviating.includes(i)));
    const what = {
      differing: `${where} is another message on ${on} than on ${others}`,
      missing: `${where} is missing on ${on}, and is on ${others}`,
      extra: `${where} is on ${nodesOf(holders)} only`,
    }[kind as 'differing' | 'missing' | 'extra'];
    this.#found.add(kind, atNs, () => (isKnown ? tellStory(this.#index, indexed, sequence, what) : what));
  }

  result(): CheckResult {
    const found = this.#found;
    const { counts } = found;
    const { replicas } = this.#index.history;
    const doubts = [
      ...(this.#streams.length === 0 ? ['no stream was read from two of its replicas'] : []),
      ...gaveUp(replicas),
      ...this.#doubts,
      ...(counts.notReached > 0 ? [`${formatInteger(counts.notReached)} were not reached on a replica`] : []),
      ...(counts.perhapsEvicted > 0
        ? [
            `${formatInteger(counts.perhapsEvicted)} may have been removed by the stream's limits on a replica`,
          ]
        : []),
    ];
    const parts = [
      `${formatInteger(found.violations)} of ${counted(this.#compared, 'message')} differ between replicas`,
      ...(['differing', 'missing', 'extra'] as const)
        .filter((kind) => counts[kind] > 0)
        .map((kind) => `${formatInteger(counts[kind])} ${KINDS[kind].name}`),
      ...(counts.edge > 0 ? [`${formatInteger(counts.edge)} ${KINDS.edge.name} (allowed)`] : []),
    ];
    return {
      name: divergence.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(parts.join('; '), doubts),
      counts: { compared: this.#compared, ...counts },
      sets: found.sets,
      examples: found.examples,
    };
  }
}
