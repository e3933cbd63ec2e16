import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import { ApiError, type WireApi } from '../../nats/wire-api.js';
import type { NoticeBook } from '../notice-book.js';
import type { PullReader } from './pull-reader.js';

const API_MS = 3000;
/** How often the server is asked: until the backlog is drained, and afterwards. */
const LOOK_SOON_NS = 100 * NS.ms;
const LOOK_LATER_NS = NS.s;

interface ConsumerState {
  readonly num_pending: number;
  readonly num_ack_pending: number;
}

export interface BacklogWatchOptions {
  readonly api: WireApi;
  readonly stream: string;
  readonly readers: readonly PullReader[];
  readonly notices: NoticeBook;
}

/** Asks the servers how much each consumer has left to deliver and to be acknowledged, and when that was nothing. */
export class BacklogWatch {
  /**
   * Nothing was left at two looks in a row, and nothing came in between: what the server had handed over by the first
   * was read by the second.
   */
  isDrained = false;
  readonly #options: BacklogWatchOptions;
  /** Those whose time to drain is recorded. */
  readonly #recorded = new Set<PullReader>();
  #begunNs = 0;
  #nextLookNs = 0;
  #isLooking = false;
  #isUrgent = false;
  /** Deliveries, of all consumers, at the last look that found nothing left; −1 when it found something. */
  #takenWhenEmpty = -1;

  constructor(options: BacklogWatchOptions) {
    this.#options = options;
  }

  /** Messages that the consumers have not delivered, or that nobody has acknowledged. */
  get left(): number {
    return this.#options.readers.reduce(
      (sum, { pending, unacknowledged }) => sum + pending + unacknowledged,
      0,
    );
  }

  /** From here on the time to drain runs. */
  begin(atNs: number): void {
    this.#begunNs = atNs;
  }

  /** Whether it is drained is to be known soon. */
  hurry(atNs: number): void {
    this.#isUrgent = true;
    this.#nextLookNs = atNs;
  }

  /** Called many times a second; `isFree` when there is nothing of ours that waits to be answered. */
  tend(atNs: number, isFree: boolean, recorder: LoadRecorder): void {
    this.#record(recorder);
    if (atNs >= this.#nextLookNs && !this.#isLooking) void this.#look(isFree);
  }

  /** Nothing more is read: what never came to its end by now took at least so long. */
  end(atNs: number, recorder: LoadRecorder): void {
    this.#record(recorder);
    for (const reader of this.#options.readers) {
      if (this.#recorded.has(reader)) continue;
      recorder.censored(MEASURE.drainTime, this.#begunNs, Math.max(0, atNs - this.#begunNs));
    }
  }

  #record(recorder: LoadRecorder): void {
    for (const reader of this.#options.readers) {
      if (reader.caughtUpNs === 0 || this.#recorded.has(reader)) continue;
      this.#recorded.add(reader);
      recorder.latency(MEASURE.drainTime, this.#begunNs, Math.max(0, reader.caughtUpNs - this.#begunNs));
    }
  }

  async #look(isFree: boolean): Promise<void> {
    const { readers } = this.#options;
    this.#isLooking = true;
    let isEmpty = isFree;
    for (const reader of readers) if (!(await this.#ask(reader))) isEmpty = false;
    const taken = readers.reduce((sum, reader) => sum + reader.taken, 0);
    this.isDrained = isEmpty && taken === this.#takenWhenEmpty;
    this.#takenWhenEmpty = isEmpty ? taken : -1;
    const isSoon = this.#isUrgent || readers.some(({ caughtUpNs }) => caughtUpNs === 0);
    this.#nextLookNs = nowNs() + (isSoon ? LOOK_SOON_NS : LOOK_LATER_NS);
    this.#isLooking = false;
  }

  /** True when the consumer has nothing left. */
  async #ask(reader: PullReader): Promise<boolean> {
    const { api, stream, notices } = this.#options;
    const { consumer } = reader;
    if (!reader.isReady) return false;
    try {
      const state = await api.request<ConsumerState>(
        `CONSUMER.INFO.${stream}.${consumer}`,
        undefined,
        API_MS,
      );
      reader.pending = state.num_pending;
      reader.unacknowledged = state.num_ack_pending;
      if (state.num_pending === 0 && reader.caughtUpNs === 0) reader.caughtUpNs = nowNs();
      return state.num_pending + state.num_ack_pending === 0;
    } catch (thrown) {
      // One that was made again has another name by now.
      const isReplaced = thrown instanceof ApiError && reader.consumer !== consumer;
      if (!isReplaced) notices.add('operation-error', `asking about a consumer: ${messageOf(thrown)}`);
      return false;
    }
  }
}
