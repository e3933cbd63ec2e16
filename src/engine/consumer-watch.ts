import type { ConsumerDescriptions, SystemControl } from '../contracts/control.js';
import type { ConsumerFacts, ConsumerLook } from '../contracts/history.js';
import { LookBook } from './look-book.js';
import { RepeatedQuestion } from './repeated-question.js';

const LOOK_EVERY_MS = 1000;
/** A list waits four seconds for the consumers whose leader is away, and as long for each that it leaves out. */
const ANSWER_WITHIN_MS = 10_000;
/** Of many streams, each is looked at less often: so many lists a second in all. */
const MOST_LISTS_PER_SEC = 10;
/** Of one stream. A load that makes its consumers anew all the time must not fill the memory. */
const MOST_CONSUMERS = 256;

interface Watched {
  readonly config: ConsumerFacts['config'];
  readonly looks: LookBook<ConsumerLook>;
}

interface Listed {
  /** Consumers that were there when it was asked. */
  readonly known: readonly string[];
  readonly answer: ConsumerDescriptions;
}

/** Asks the servers about the consumers of each stream of a run, about once a second, as long as the loads use them. */
export class ConsumerWatch {
  readonly #control: Pick<SystemControl, 'describeConsumers'>;
  readonly #watched: ReadonlyMap<string, Map<string, Watched>>;
  readonly #questions: readonly RepeatedQuestion<Listed>[];

  constructor(control: Pick<SystemControl, 'describeConsumers'>, streams: readonly string[]) {
    this.#control = control;
    this.#watched = new Map(streams.map((stream) => [stream, new Map()]));
    this.#questions = [...this.#watched.keys()].map((stream) => this.#questionOf(stream));
  }

  get facts(): readonly ConsumerFacts[] {
    return [...this.#watched].flatMap(([stream, consumers]) =>
      [...consumers].map(([consumer, { config, looks }]) => ({
        stream,
        consumer,
        config,
        looks: looks.looks,
      })),
    );
  }

  /** Looks until `stop`. */
  start(): void {
    for (const question of this.#questions) question.start();
  }

  /** One look at each, now. */
  async look(): Promise<void> {
    await Promise.all(this.#questions.map((question) => question.askNow()));
  }

  stop(): void {
    for (const question of this.#questions) question.stop();
  }

  /** While nobody can say, nothing is known: there is no look. */
  #questionOf(stream: string): RepeatedQuestion<Listed> {
    const watched = this.#watched.get(stream) as Map<string, Watched>;
    return new RepeatedQuestion<Listed>({
      everyMs: Math.max(LOOK_EVERY_MS, (this.#watched.size * 1000) / MOST_LISTS_PER_SEC),
      withinMs: ANSWER_WITHIN_MS,
      ask: async () => {
        // One that is gone has been told so; it is heard of again when it is listed.
        const known = [...watched].filter(([, { looks }]) => looks.last?.exists).map(([name]) => name);
        const answer = await this.#control.describeConsumers(stream, known);
        return { known, answer: answer ?? { consumers: [], unanswered: [] } };
      },
      onAnswer: (listed, atNs) => take(watched, listed, atNs),
    });
  }
}

function take(watched: Map<string, Watched>, { known, answer }: Listed, atNs: number): void {
  const seen = new Set(answer.unanswered);
  for (const { consumer, config, state } of answer.consumers) {
    seen.add(consumer);
    if (!watched.has(consumer)) {
      if (watched.size >= MOST_CONSUMERS) continue;
      watched.set(consumer, { config, looks: new LookBook(turns) });
    }
    watched.get(consumer)?.looks.add({ atNs, exists: true, ...state });
  }
  for (const name of known) {
    if (!seen.has(name)) watched.get(name)?.looks.add({ atNs, ...GONE });
  }
}

const GONE: Omit<ConsumerLook, 'atNs'> = {
  exists: false,
  deliveredStreamSequence: 0,
  ackFloorStreamSequence: 0,
  ackPending: 0,
  pending: 0,
  redelivered: 0,
};

const turns = (before: ConsumerLook, after: ConsumerLook): boolean =>
  before.exists !== after.exists ||
  after.deliveredStreamSequence < before.deliveredStreamSequence ||
  after.ackFloorStreamSequence < before.ackFloorStreamSequence;
