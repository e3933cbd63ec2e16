import { NS, nowNs, sleep } from '../base/clock.js';
import type { SystemControl } from '../contracts/control.js';
import type { ConsumerFacts, ConsumerLook } from '../contracts/history.js';
import { LookBook } from './look-book.js';

const LOOK_EVERY_MS = 1000;
/** Of many streams, each is looked at less often: so many lists a second in all. */
const MOST_LISTS_PER_SEC = 10;
/** Of one stream. A load that makes its consumers anew all the time must not fill the memory. */
const MOST_CONSUMERS = 256;

interface Watched {
  readonly config: ConsumerFacts['config'];
  readonly looks: LookBook<ConsumerLook>;
}

/** Asks the servers about the consumers of each stream of a run, about once a second, as long as the loads use them. */
export class ConsumerWatch {
  readonly #control: Pick<SystemControl, 'describeConsumers'>;
  readonly #watched: ReadonlyMap<string, Map<string, Watched>>;
  readonly #end = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(control: Pick<SystemControl, 'describeConsumers'>, streams: readonly string[]) {
    this.#control = control;
    this.#watched = new Map(streams.map((stream) => [stream, new Map()]));
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
    const everyMs = Math.max(LOOK_EVERY_MS, (this.#watched.size * 1000) / MOST_LISTS_PER_SEC);
    this.#running = Promise.all(
      [...this.#watched.keys()].map(async (stream) => {
        const { signal } = this.#end;
        while (!signal.aborted) {
          const dueNs = nowNs() + everyMs * NS.ms;
          await this.#look(stream);
          await sleep(Math.max(0, (dueNs - nowNs()) / NS.ms), signal).catch(() => {});
        }
      }),
    );
  }

  /** One look at each, now. */
  async look(): Promise<void> {
    await Promise.all([...this.#watched.keys()].map((stream) => this.#look(stream)));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** While nobody can say, nothing is known: there is no look. */
  async #look(stream: string): Promise<void> {
    const watched = this.#watched.get(stream) as Map<string, Watched>;
    const atNs = nowNs();
    // One that is gone has been told so; it is heard of again when it is listed.
    const known = [...watched].filter(([, { looks }]) => looks.last?.exists).map(([name]) => name);
    const answer = await this.#control.describeConsumers(stream, known).then(
      (descriptions) => descriptions ?? { consumers: [], unanswered: [] },
      () => undefined,
    );
    if (answer === undefined) return;
    const seen = new Set(answer.unanswered);
    for (const { consumer, config, state } of answer.consumers) {
      seen.add(consumer);
      if (!watched.has(consumer)) {
        if (watched.size >= MOST_CONSUMERS) continue;
        watched.set(consumer, { config, looks: new LookBook(turns) });
      }
      addInOrder(watched.get(consumer) as Watched, { atNs, exists: true, ...state });
    }
    for (const name of known) {
      if (!seen.has(name)) addInOrder(watched.get(name) as Watched, { atNs, ...GONE });
    }
  }
}

/** Of two questions that were under way together, the later answer may be to the earlier one. */
function addInOrder({ looks }: Watched, look: ConsumerLook): void {
  if (look.atNs >= (looks.last?.atNs ?? 0)) looks.add(look);
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
