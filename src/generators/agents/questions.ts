import { formatDuration } from '../../base/units.js';
import { COUNTER, type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import { AckWindow } from '../ack-window.js';

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
  /** The asker, as it was when it asked (see `ask`), and whether it has an answer. */
  readonly onEnd: (asker: number, life: number, answered: boolean, atNs: number) => void;
}

/** Commands and questions of a worker that wait for their answer: sent, and each with one outcome. */
export class Questions {
  readonly #window: AckWindow;
  /** A local agent; −1 for the commander. */
  readonly #asker: Int32Array;
  readonly #life: Uint16Array;
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

  generationOf(slot: number): number {
    return this.#window.generation[slot]!;
  }

  /** Opens a question that is sent now; there must be room. `life` is how often the asker has failed. Returns its slot. */
  ask(asker: number, life: number, link: AnswerLink, dueNs: number, sentNs: number, phase: number): number {
    const window = this.#window;
    const slot = window.take();
    window.dueNs[slot] = dueNs;
    window.sentNs[slot] = sentNs;
    window.phase[slot] = phase;
    this.#asker[slot] = asker;
    this.#life[slot] = life;
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
    this.#end(slot, true, readNs);
    return true;
  }

  /** Ends what was sent so long before `byNs` that its time is over. */
  expire(byNs: number, nowNs: number): void {
    const window = this.#window;
    for (let slot = window.oldest; slot >= 0; slot = window.oldest) {
      if (byNs - window.sentNs[slot]! < this.#options.timeoutNs) return;
      this.#lose(slot, nowNs, this.#timeoutReason);
    }
  }

  /** Ends what was to be answered by a connection that has been lost since. */
  loseLinks(links: readonly AnswerLink[], nowNs: number): void {
    const window = this.#window;
    for (let slot = 0; slot < window.size && window.inFlight > 0; slot++) {
      if (!window.holds(slot, window.generation[slot]!)) continue;
      if (links[this.#link[slot]!]!.losses !== this.#losses[slot]) this.#lose(slot, nowNs, 'connection lost');
    }
  }

  #lose(slot: number, atNs: number, reason: string): void {
    const window = this.#window;
    const recorder = this.#recorder!;
    const dueNs = window.dueNs[slot]!;
    recorder.count(COUNTER.unknown, window.phase[slot]!, 1);
    recorder.censored(MEASURE.ackLatency, dueNs, atNs - dueNs);
    recorder.censored(MEASURE.serviceTime, dueNs, atNs - window.sentNs[slot]!);
    recorder.trouble(dueNs, atNs, reason);
    this.#end(slot, false, atNs);
  }

  #end(slot: number, answered: boolean, atNs: number): void {
    this.#window.release(slot);
    const asker = this.#asker[slot]!;
    if (asker >= 0) this.#options.onEnd(asker, this.#life[slot]!, answered, atNs);
  }
}
