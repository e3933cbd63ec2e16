import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { NO_STAMP, OPERATION_KINDS, type StreamRead } from '../contracts/history.js';
import { type HistoryIndex, indexOf } from './history-index.js';
import { FLAG } from './operation-columns.js';
import { counted, gaveUp, withDoubts } from './read-problems.js';
import { Sightings } from './sightings.js';
import { sinceStart } from './story-parts.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  neverSent: { name: 'never sent', meaning: 'violation' },
  refused: { name: 'refused, and there', meaning: 'violation' },
  perhapsSent: { name: 'of a history that was cut short', meaning: 'doubt' },
  strangers: { name: 'of writers without a history', meaning: 'allowed' },
} as const;
type Kind = keyof typeof KINDS;

const DELIVER = OPERATION_KINDS.indexOf('deliver');
const GET = OPERATION_KINDS.indexOf('get');

/** Nothing is there that was never sent, or that had certainly not happened. */
export const unexpected: Checker = {
  name: 'unexpected',
  summary: 'nothing can be read, is delivered or got that was never sent, or that was refused',
  judges: ['publish', 'put', 'compare-and-set', 'request'],
  needs: ['reads', 'replicas'],
  check: (history) => new Unexpected(indexOf(history)).result(),
};

class Unexpected {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<Kind>;
  #seen = 0;

  constructor(index: HistoryIndex) {
    this.#index = index;
    const { history } = index;
    this.#found = new Sightings(history, KINDS);
    for (const read of history.reads) this.#judgeRead(read, `in ${read.stream}`);
    for (const read of history.replicas) this.#judgeRead(read, `in ${read.stream} on ${read.node}`);
    for (const writer of history.writers) {
      if (!writer.kinds.some((kind) => kind === 'deliver' || kind === 'get')) continue;
      for (const {
        count,
        kind,
        valueWriter,
        valueSequence,
        subject,
        streamSequence,
        doneNs,
      } of writer.blocks()) {
        for (let i = 0; i < count; i++) {
          if ((kind[i] !== DELIVER && kind[i] !== GET) || valueSequence[i] === NO_STAMP) continue;
          const of = this.#judge(valueWriter[i]!, valueSequence[i]!);
          if (of === undefined) continue;
          const by = kind[i] === DELIVER ? 'delivered by' : 'got from';
          const where = `${by} ${writer.subjects[subject[i]!] ?? 'somebody'} as sequence ${formatInteger(streamSequence[i]!)}`;
          this.#add(of, valueWriter[i]!, valueSequence[i]!, where, doneNs[i]!);
        }
      }
    }
  }

  #judgeRead({ blocks }: StreamRead, where: string): void {
    for (const { count, writer, sequence, baseSequence, offset } of blocks) {
      for (let i = 0; i < count; i++) {
        const of = this.#judge(writer[i]!, sequence[i]!);
        if (of === undefined) continue;
        this.#add(
          of,
          writer[i]!,
          sequence[i]!,
          `${where} at sequence ${formatInteger(baseSequence + offset[i]!)}`,
        );
      }
    }
  }

  /** Undefined for what is as it should be. */
  #judge(writer: number, sequence: number): Kind | undefined {
    this.#seen++;
    const indexed = this.#index.writerOf[writer];
    if (indexed === undefined) return 'strangers';
    const flags = indexed.columns.flags(sequence);
    if (flags === 0) return indexed.history.complete ? 'neverSent' : 'perhapsSent';
    if ((flags & FLAG.stamped) === 0) return 'neverSent';
    return (flags & FLAG.outcome) === FLAG.failed ? 'refused' : undefined;
  }

  #add(kind: Kind, writer: number, sequence: number, where: string, atNs?: number): void {
    const { history, writerOf } = this.#index;
    const indexed = writerOf[writer];
    if (kind === 'strangers' || kind === 'perhapsSent' || indexed === undefined) {
      this.#found.add(kind, atNs ?? history.startNs);
      return;
    }
    const isKnown = kind === 'refused';
    const when = atNs ?? (isKnown ? indexed.columns.atNs(sequence) : history.startNs);
    this.#found.add(kind, when, () => {
      if (isKnown) return tellStory(this.#index, indexed, sequence, where);
      const stamp = `the stamp ${indexed.history.load}/${writer} #${formatInteger(sequence)}, which was never sent`;
      return [...(atNs === undefined ? [] : [sinceStart(atNs, history)]), stamp, where].join(', ');
    });
  }

  result(): CheckResult {
    const { history } = this.#index;
    const found = this.#found;
    const { neverSent, refused, perhapsSent, strangers } = found.counts;
    const doubts =
      this.#seen === 0
        ? ['nothing with a stamp was read', ...gaveUp(history.reads)]
        : [
            ...gaveUp(history.reads),
            ...(perhapsSent > 0
              ? [`${formatInteger(perhapsSent)} are of histories that were cut short`]
              : []),
          ];
    const foreign = history.reads.reduce((sum, read) => sum + read.foreign, 0);
    const parts = [
      `${formatInteger(neverSent + refused)} of ${counted(this.#seen, 'message')} unexpected`,
      ...(neverSent > 0 ? [`${formatInteger(neverSent)} never sent`] : []),
      ...(refused > 0 ? [`${formatInteger(refused)} refused before`] : []),
      ...(strangers + foreign > 0 ? [`${counted(strangers + foreign, 'message')} of others (allowed)`] : []),
    ];
    return {
      name: unexpected.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(parts.join('; '), doubts),
      counts: { messages: this.#seen, neverSent, refused, perhapsSent, strangers, foreign },
      sets: found.sets,
      examples: found.examples,
    };
  }
}
