import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { StreamLook } from '../contracts/history.js';
import { type AcknowledgedLower, acknowledgedLower } from './acknowledged-lower.js';
import { type HistoryIndex, type IndexedStream, indexOf } from './history-index.js';
import { presenceIn } from './read-presence.js';
import { counted, withDoubts } from './read-problems.js';
import { Sightings } from './sightings.js';
import { sinceStart } from './story-parts.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  vanished: { name: 'vanished', meaning: 'violation' },
  createdAnew: { name: 'created anew', meaning: 'violation' },
  fell: { name: 'last sequence fell', meaning: 'violation' },
  acknowledgedLower: { name: 'acknowledged with a lower sequence than one before', meaning: 'violation' },
  saidGone: { name: 'said to be gone for a while', meaning: 'doubt' },
  lateLeader: {
    name: 'a new leader, or a replica that nobody led, that was behind for a while',
    meaning: 'allowed',
  },
} as const;
type Kind = keyof typeof KINDS;

/** A stream's last sequence never falls, and a stream never vanishes. */
export const monotonic: Checker = {
  name: 'monotonic',
  summary: "a stream's last sequence never falls, and no stream vanishes or is created anew",
  judges: ['publish', 'put', 'compare-and-set'],
  needs: ['reads', 'streams'],
  check: (history) => new Monotonic(indexOf(history)).result(),
};

class Monotonic {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<Kind>;
  #looks = 0;
  #acknowledged = 0;
  readonly #unseen: string[] = [];
  #hasEvidence = false;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    for (const stream of index.streams) this.#judgeLooks(stream);
    for (const stream of index.streams) {
      if (stream.acknowledged === 0) continue;
      this.#acknowledged += stream.acknowledged;
      this.#hasEvidence = true;
      if (stream.read === undefined && (stream.facts?.looks.length ?? 0) === 0)
        this.#unseen.push(stream.name);
      acknowledgedLower(index, stream, (pair) => this.#addLower(stream, pair));
    }
  }

  #judgeLooks(stream: IndexedStream): void {
    const looks = [...(stream.facts?.looks ?? [])].sort((a, b) => a.atNs - b.atNs);
    this.#looks += looks.length;
    if (looks.length > 1) this.#hasEvidence = true;
    let before: StreamLook | undefined;
    let highest: StreamLook | undefined;
    let isGone = false;
    for (const [i, look] of looks.entries()) {
      if (!look.exists) {
        if (before !== undefined && !isGone) {
          isGone = true;
          const again = looks.slice(i).find(({ exists }) => exists);
          const wasThere = again?.created !== undefined && again.created === before.created;
          this.#addLook(wasThere ? 'saidGone' : 'vanished', look, `${stream.name} was no more`);
        }
        continue;
      }
      isGone = false;
      const isAnother =
        before?.created !== undefined && look.created !== undefined && before.created !== look.created;
      if (isAnother) {
        this.#addLook('createdAnew', look, `${stream.name} was created anew, at ${look.created}`);
        highest = undefined;
      } else if (highest !== undefined && look.lastSequence < highest.lastSequence) {
        this.#addFall(stream, highest, look, looks.slice(i + 1));
      }
      if (highest === undefined || look.lastSequence > highest.lastSequence) highest = look;
      // One that does not tell when it was created keeps what the one before told.
      before = look.created === undefined && before !== undefined ? before : look;
    }
    if (stream.read?.gone && !isGone && (before !== undefined || stream.acknowledged > 0)) {
      const atNs = stream.read.endedNs ?? before?.atNs ?? this.#index.history.startNs;
      this.#found.add('vanished', atNs, () => `${stream.name} was no more when it was to be read back`);
    }
  }

  #addFall(stream: IndexedStream, highest: StreamLook, look: StreamLook, later: readonly StreamLook[]): void {
    const reached = stream.read === undefined ? 0 : presenceIn(this.#index, stream, stream.read).reached;
    const cameBack =
      reached >= highest.lastSequence ||
      later.some(({ exists, lastSequence }) => exists && lastSequence >= highest.lastSequence);
    // While nobody leads, any replica answers with what it has.
    const isAnother =
      highest.leader === undefined || look.leader === undefined || highest.leader !== look.leader;
    const from = highest.leader === undefined ? '' : ` from ${highest.leader}`;
    const by = look.leader === undefined ? '' : ` by ${look.leader}`;
    this.#addLook(
      isAnother && cameBack ? 'lateLeader' : 'fell',
      look,
      `${stream.name} ended at sequence ${formatInteger(look.lastSequence)}${by}, after ${formatInteger(highest.lastSequence)}${from} at ${sinceStart(highest.atNs, this.#index.history)}`,
    );
  }

  #addLook(kind: Kind, look: StreamLook, what: string): void {
    const isViolation = KINDS[kind].meaning === 'violation';
    this.#found.add(
      kind,
      look.atNs,
      isViolation ? () => `${sinceStart(look.atNs, this.#index.history)}: ${what}` : undefined,
    );
  }

  #addLower(stream: IndexedStream, { writer, sequence, higher }: AcknowledgedLower): void {
    this.#found.add('acknowledgedLower', writer.columns.atNs(sequence), () =>
      tellStory(
        this.#index,
        writer,
        sequence,
        `was sent when ${stream.name} sequence ${formatInteger(higher)} was known already`,
      ),
    );
  }

  result(): CheckResult {
    const found = this.#found;
    const { counts } = found;
    const doubts = [
      ...(this.#hasEvidence ? [] : ['nothing was acknowledged, and no stream was looked at twice']),
      ...this.#unseen.map((stream) => `${stream} was neither looked at nor read`),
      ...(counts.saidGone > 0
        ? [`${counted(counts.saidGone, 'time')} a stream was said to be gone and was there again`]
        : []),
    ];
    const parts = [
      ...(counts.vanished > 0 ? [`${counted(counts.vanished, 'stream')} vanished`] : []),
      ...(counts.createdAnew > 0 ? [`${counted(counts.createdAnew, 'stream')} created anew`] : []),
      ...(counts.fell > 0 ? [`a last sequence fell ${counted(counts.fell, 'time')}`] : []),
      ...(counts.acknowledgedLower > 0
        ? [
            `${formatInteger(counts.acknowledgedLower)} acknowledged with a lower sequence than one that was known before`,
          ]
        : []),
    ];
    const seen = `${counted(this.#looks, 'look')} and ${counted(this.#acknowledged, 'acknowledgement')}`;
    const sentence =
      parts.length > 0
        ? `${parts.join('; ')} (${seen})`
        : `no sequence fell and no stream vanished in ${seen}`;
    return {
      name: monotonic.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(sentence, doubts),
      counts: { looks: this.#looks, acknowledged: this.#acknowledged, ...counts },
      sets: found.sets,
      examples: found.examples,
    };
  }
}
