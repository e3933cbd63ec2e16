import { formatDuration } from '../../base/units.js';
import { COUNTER, type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import { AckWindow } from '../ack-window.js';
import { ABSENT_LIFE } from './agent-table.js';

/** A connection that answers come by. */
export interface AnswerLink {
  readonly index: number;
  /** How often it has been lost. */
  readonly losses: number;
}

export interface QuestionsOptions {
  /** How many may be open at a time. */
  readonly window: number;
  readonly timeoutNs: number;
  /** Which life of a local agent it is, see AgentTable. */
  lifeOf(agent: number): number;
  /** The asker, as it was when it asked (see `ask`), and whether it has an answer. */
  readonly onEnd: (asker: number, life: number, answered: boolean, atNs: number) => void;
  /** One whose trace is recorded has ended; `error` is empty when it was answered. */
  readonly onTraced?: (slot: number, atNs: number, error: string) => void;
}

/** Commands and questions of a worker that wait for their answer: sent, and each with one outcome. */
export class Questions {
  readonly #window: AckWindow;
  /** A local agent; −1 for the commander. */
  readonly #asker: Int32Array;
  readonly #life: Uint16Array;
  /** Who was asked, if it is a local agent, and in which life. */
  readonly #asked: Int32Array;
  readonly #askedLife: Uint16Array;
  /** Index of the connection that the answer comes by, and how often that had been lost. */
  readonly #link: Int32Array;
  readonly #losses: Uint32Array;
  readonly #options: QuestionsOptions;
  readonly #timeoutReason: string;
  #recorder: LoadRecorder | undefined;

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#window = new AckWindow(options.window);
    this.#asker = new Int32Array(options.window);
    this.#life = new Uint16Array(options.window);
    this.#asked = new Int32Array(options.window);
    this.#askedLife = new Uint16Array(options.window);
    this.#link = new Int32Array(options.window);
    this.#losses = new Uint32Array(options.window);
    this.#timeoutReason = `no answer within ${formatDuration(options.timeoutNs)}`;
  }

  begin(recorder: LoadRecorder): void {
    this.#recorder = recorder;
  }

  get open(): number {
    return this.#window.inFlight;
  }

  get hasRoom(): boolean {
    return this.#window.room > 0;
  }

  /** The question that was opened last has a trace that is recorded. */
  trace(slot: number): void {
    this.#window.traced[slot] = 1;
  }

  generationOf(slot: number): number {
    return this.#window.generation[slot]!;
  }

  /**
   * Opens a question that is sent now; there must be room. Returns its slot.
   *
   * @param asker a local agent, or −1 for the commander
   * @param asked a local agent, or −1 for one of another worker
   */
  ask(asker: number, asked: number, link: AnswerLink, dueNs: number, sentNs: number, phase: number): number {
    const { lifeOf } = this.#options;
    const window = this.#window;
    const slot = window.take();
    window.dueNs[slot] = dueNs;
    window.sentNs[slot] = sentNs;
    window.phase[slot] = phase;
    this.#asker[slot] = asker;
    this.#life[slot] = asker < 0 ? 0 : lifeOf(asker);
    this.#asked[slot] = asked;
    this.#askedLife[slot] = asked < 0 ? 0 : lifeOf(asked);
    this.#link[slot] = link.index;
    this.#losses[slot] = link.losses;
    return slot;
  }

  /** An answer came; false when nobody waits for it any more. */
  answer(slot: number, generation: number, readNs: number): boolean {
    const window = this.#window;
    if (!window.holds(slot, generation)) return false;
    const recorder = this.#recorder!;
    const dueNs = window.dueNs[slot]!;
    recorder.count(COUNTER.ok, window.phase[slot]!, 1);
    recorder.latency(MEASURE.ackLatency, dueNs, readNs - dueNs);
    recorder.latency(MEASURE.serviceTime, dueNs, readNs - window.sentNs[slot]!);
    this.#end(slot, true, readNs, '');
    return true;
  }

  /** Ends what was sent so long before `byNs` that its time is over. */
  expire(byNs: number, nowNs: number): void {
    const window = this.#window;
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (byNs - window.sentNs[slot]! < this.#options.timeoutNs) return;
      this.#lose(slot, nowNs, this.#timeoutReason, this.#hasFailed(slot));
    }
  }

  /** Ends what was to be answered by a connection that has been lost since. */
  loseLinks(links: readonly AnswerLink[], nowNs: number): void {
    const window = this.#window;
    for (let slot = 0; slot < window.size && window.inFlight > 0; slot++) {
      if (!window.holds(slot, window.generation[slot]!)) continue;
      if (links[this.#link[slot]!]!.losses !== this.#losses[slot])
        this.#lose(slot, nowNs, 'connection lost', false);
    }
  }

  /** Whether it is by our own agent's failure that there is no answer: the system did not fail, and need not recover. */
  #hasFailed(slot: number): boolean {
    const asked = this.#asked[slot]!;
    if (asked < 0) return false;
    const life = this.#askedLife[slot]!;
    return life === ABSENT_LIFE || this.#options.lifeOf(asked) !== life;
  }

  #lose(slot: number, atNs: number, reason: string, byItsAgent: boolean): void {
    const window = this.#window;
    const recorder = this.#recorder!;
    const dueNs = window.dueNs[slot]!;
    recorder.count(COUNTER.unknown, window.phase[slot]!, 1);
    recorder.censored(MEASURE.ackLatency, dueNs, atNs - dueNs);
    recorder.censored(MEASURE.serviceTime, dueNs, atNs - window.sentNs[slot]!);
    if (!byItsAgent) recorder.trouble(dueNs, atNs, reason);
    this.#end(slot, false, atNs, reason);
  }

  #end(slot: number, answered: boolean, atNs: number, error: string): void {
    const { traced } = this.#window;
    if (traced[slot] === 1) {
      traced[slot] = 0;
      this.#options.onTraced?.(slot, atNs, error);
    }
    this.#window.release(slot);
    const asker = this.#asker[slot]!;
    if (asker >= 0) this.#options.onEnd(asker, this.#life[slot]!, answered, atNs);
  }
}
