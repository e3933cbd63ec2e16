import { NS, nowNs, sleep } from '../base/clock.js';
import type { SystemControl } from '../contracts/control.js';
import type { StreamFacts, StreamLook } from '../contracts/history.js';
import { LookBook } from './look-book.js';

const LOOK_EVERY_MS = 1000;
/** Of many streams, each is looked at less often: so many questions a second in all. */
const MOST_LOOKS_PER_SEC = 50;

interface Watched {
  readonly stream: string;
  readonly config: StreamFacts['config'];
  readonly fromSequence: number;
  readonly looks: LookBook<StreamLook>;
}

/** Asks the servers about each stream of a run, about once a second, from before the load until all was read back. */
export class StreamWatch {
  readonly #control: Pick<SystemControl, 'describeStream'>;
  readonly #streams: readonly string[];
  #watched: readonly Watched[] = [];
  readonly #end = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

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
        return { stream, config: description.config, fromSequence, looks };
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
    const everyMs = Math.max(LOOK_EVERY_MS, (this.#watched.length * 1000) / MOST_LOOKS_PER_SEC);
    this.#running = Promise.all(
      this.#watched.map(async (watched) => {
        const { signal } = this.#end;
        while (!signal.aborted) {
          const dueNs = nowNs() + everyMs * NS.ms;
          await this.#look(watched);
          await sleep(Math.max(0, (dueNs - nowNs()) / NS.ms), signal).catch(() => {});
        }
      }),
    );
  }

  /** One look at each, now. */
  async look(): Promise<void> {
    await Promise.all(this.#watched.map((watched) => this.#look(watched)));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** While nobody can say, nothing is known: there is no look. */
  async #look({ stream, looks }: Watched): Promise<void> {
    const atNs = nowNs();
    try {
      const description = await this.#control.describeStream(stream);
      // Of two questions that were under way together, the later answer may be to the earlier one.
      if (atNs < (looks.last?.atNs ?? 0)) return;
      looks.add(description ? { atNs, exists: true, ...description.state } : { atNs, ...GONE });
    } catch {
      // Nobody answered.
    }
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
