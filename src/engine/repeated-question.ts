import { nowNs } from '../base/clock.js';
import { orAborted } from '../base/or-aborted.js';
import { withDeadline } from '../base/wait.js';

export interface RepeatedQuestionOptions<Answer> {
  readonly everyMs: number;
  /** How long an answer is waited for. */
  readonly withinMs: number;
  /** Rejects when nobody can say. */
  readonly ask: () => Promise<Answer>;
  /**
   * Told of the answers in the order in which they were asked for. Of two that were under way together, which may be
   * about the same moment or even overtake each other, only the one that came first is told.
   */
  readonly onAnswer: (answer: Answer, askedNs: number) => void;
}

/** What nobody answers must not fill the memory. */
const MOST_UNDER_WAY = 4;

/** Asks the same again and again, and does not wait for an answer that does not come before it asks anew. */
export class RepeatedQuestion<Answer> {
  readonly #options: RepeatedQuestionOptions<Answer>;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  /** Monotonic: what was asked before is not told any more. */
  #fromNs = 0;

  constructor(options: RepeatedQuestionOptions<Answer>) {
    this.#options = options;
  }

  /** Asks now, and again until `stop`. */
  start(): void {
    const ask = (): void => {
      if (this.#underWay < MOST_UNDER_WAY) void this.#ask();
    };
    this.#timer ??= setInterval(ask, this.#options.everyMs);
    ask();
  }

  /** Asks now, once; resolves when it was answered or nobody did. What is told from here on is of now or later. */
  async askNow(): Promise<void> {
    this.#fromNs = nowNs();
    await this.#ask();
  }

  /** Nothing more is asked, waited for or told. */
  stop(): void {
    clearInterval(this.#timer);
    this.#end.abort();
  }

  async #ask(): Promise<void> {
    const { ask, withinMs, onAnswer } = this.#options;
    const askedNs = nowNs();
    let answer: Answer;
    this.#underWay++;
    try {
      answer = await orAborted(withDeadline(ask(), withinMs, 'the answer'), this.#end.signal);
    } catch {
      // While nobody can say, nothing is known.
      return;
    } finally {
      this.#underWay--;
    }
    if (askedNs < this.#fromNs || this.#end.signal.aborted) return;
    this.#fromNs = nowNs();
    onAnswer(answer, askedNs);
  }
}
