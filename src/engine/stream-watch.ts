import { nowNs } from '../base/clock.js';
import type { StreamDescription, SystemControl } from '../contracts/control.js';
import type { StreamFacts, StreamLook } from '../contracts/history.js';
import { LookBook } from './look-book.js';
import { RepeatedQuestion } from './repeated-question.js';

const LOOK_EVERY_MS = 1000;
/** A question that a dead server took with it is never answered; the next may be. */
const ANSWER_WITHIN_MS = 2000;
/** Of many streams, each is looked at less often: so many questions a second in all. */
const MOST_LOOKS_PER_SEC = 50;

interface Watched {
  readonly stream: string;
  readonly config: StreamFacts['config'];
  readonly fromSequence: number;
  readonly looks: LookBook<StreamLook>;
  readonly question: RepeatedQuestion<StreamDescription | undefined>;
}

/** Asks the servers about each stream of a run, about once a second, from before the load until all was read back. */
export class StreamWatch {
  readonly #control: Pick<SystemControl, 'describeStream'>;
  readonly #streams: readonly string[];
  #watched: readonly Watched[] = [];

  constructor(control: Pick<SystemControl, 'describeStream'>, streams: readonly string[]) {
    this.#control = control;
    this.#streams = streams;
  }

  /** Reads each stream's configuration, and where this run's part of it begins. Rejects when nobody can say. */
  async open(): Promise<void> {
    this.#watched = await Promise.all(
      this.#streams.map(async (stream) => {
        const atNs = nowNs();
        const description = await this.#control.describeStream(stream);
        if (description === undefined) throw new Error(`there is no stream ${stream}`);
        const looks = new LookBook(turns);
        looks.add({ atNs, exists: true, ...description.state });
        const fromSequence = description.state.lastSequence + 1;
        const question = this.#questionOf(stream, looks);
        return { stream, config: description.config, fromSequence, looks, question };
      }),
    );
  }

  get facts(): readonly StreamFacts[] {
    return this.#watched.map(({ stream, config, fromSequence, looks }) => ({
      stream,
      config,
      fromSequence,
      looks: looks.looks,
    }));
  }

  /** Looks until `stop`. */
  start(): void {
    for (const { question } of this.#watched) question.start();
  }

  /** One look at each, now. */
  async look(): Promise<void> {
    await Promise.all(this.#watched.map(({ question }) => question.askNow()));
  }

  stop(): void {
    for (const { question } of this.#watched) question.stop();
  }

  /** While nobody can say, nothing is known: there is no look. */
  #questionOf(stream: string, looks: LookBook<StreamLook>): Watched['question'] {
    return new RepeatedQuestion({
      everyMs: Math.max(LOOK_EVERY_MS, (this.#streams.length * 1000) / MOST_LOOKS_PER_SEC),
      withinMs: ANSWER_WITHIN_MS,
      ask: () => this.#control.describeStream(stream),
      onAnswer: (description, atNs) =>
        looks.add(description ? { atNs, exists: true, ...description.state } : { atNs, ...GONE }),
    });
  }
}

const GONE: Omit<StreamLook, 'atNs'> = {
  exists: false,
  firstSequence: 0,
  lastSequence: 0,
  messages: 0,
  bytes: 0,
};

const turns = (before: StreamLook, after: StreamLook): boolean =>
  before.exists !== after.exists ||
  before.leader !== after.leader ||
  before.created !== after.created ||
  after.firstSequence < before.firstSequence ||
  after.lastSequence < before.lastSequence;
