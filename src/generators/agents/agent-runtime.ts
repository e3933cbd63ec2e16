import type { SpanContext } from '../../contracts/trace.js';
import type { AgentRandom } from './agent-random.js';
import { ABSENT, ABSENT_LIFE, type AgentTable, ALIVE, DOWN } from './agent-table.js';
import type { AgentTraces } from './agent-traces.js';
import { type AgentDeeds, AgentView } from './agent-view.js';
import type { Behavior } from './behavior.js';
import type { BehaviorErrors } from './behavior-errors.js';
import { Letters } from './letters.js';
import type { Shards } from './shards.js';
import { MAX_TIMERS, TimingWheel } from './timing-wheel.js';

/** Letters of a worker that nobody has answered; what is beyond is thrown away, and its asker has no answer. */
const MOST_LETTERS = 2 ** 20;
/** Of an agent, beside its steps': its life (start, failure, start again), and its reconnection. */
const OWN_TIMERS = 2;

/** What agents say, as it goes out. */
export interface AgentVoice {
  publish(agent: number, type: string, fields: string, dueNs: number): void;
  ask(agent: number, other: number, dueNs: number): void;
  /** Answers question `slot` of an agent; `from` −1: of the commander. */
  reply(
    agent: number,
    from: number,
    slot: number,
    generation: number,
    dueNs: number,
    letter: number,
    failed: boolean,
  ): void;
  /** Its correlation is over. */
  uncorrelate(agent: number, dueNs: number): void;
  /** An agent fails, or comes back. */
  onStatus(agent: number, isUp: boolean, dueNs: number): void;
}

export interface AgentRuntimeOptions {
  readonly behavior: Behavior;
  readonly table: AgentTable;
  readonly shards: Shards;
  readonly random: AgentRandom;
  readonly errors: BehaviorErrors;
  readonly voice: AgentVoice;
  readonly traces?: AgentTraces;
  readonly everyMs: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** The agents start one after the other within this time. */
  readonly rampNs: number;
  /** Mean time from an agent's start to its failure, and how long it is down then. */
  readonly failure?: { readonly everyNs: number; readonly downNs: number };
  /** The agents of a connection that is there again hear of it one after the other, within this time. */
  readonly rejoinNs: number;
}

/** The agents of one worker: their timers, and what the behaviour does at each. */
export class AgentRuntime {
  readonly #options: AgentRuntimeOptions;
  readonly #behavior: Behavior;
  readonly #table: AgentTable;
  readonly #steps: readonly ((view: AgentView) => void)[];
  readonly #stepNames: readonly string[];
  readonly #letters: Letters;
  readonly #view: AgentView;
  /** One for each step, and its own. */
  readonly #timersPerAgent: number;
  #wheel!: TimingWheel;
  /** Nothing begins that is due later. */
  #endNs = Number.POSITIVE_INFINITY;
  #isEnding = false;

  constructor(options: AgentRuntimeOptions) {
    const { behavior, table, shards } = options;
    this.#options = options;
    this.#behavior = behavior;
    this.#table = table;
    const steps = Object.entries(behavior.steps ?? {}) as [string, (view: AgentView) => void][];
    this.#stepNames = steps.map(([name]) => name);
    this.#steps = steps.map(([, step]) => step);
    this.#timersPerAgent = steps.length + OWN_TIMERS;
    this.#letters = new Letters(table, MOST_LETTERS);
    this.#view = new AgentView({
      table,
      deeds: this.#deeds(),
      population: shards.agents,
      everyMs: options.everyMs,
      options: options.options,
      stateNames: behavior.state ?? [],
      stepNames: this.#stepNames,
    });
  }

  /** How many agents of this behaviour one worker can have. */
  static mostAgents(behavior: Behavior): number {
    return Math.floor(MAX_TIMERS / (Object.keys(behavior.steps ?? {}).length + OWN_TIMERS));
  }

  /** All that is kept of one agent. */
  get bytesPerAgent(): number {
    return this.#table.bytesPerAgent + this.#timersPerAgent * TimingWheel.BYTES_PER_TIMER;
  }

  /** Whether commands and questions are heard. */
  get listens(): boolean {
    return this.#behavior.onMessage !== undefined;
  }

  /** Commands and questions that are not answered yet. */
  get openLetters(): number {
    return this.#letters.open;
  }

  /** When the next of what is due may be due; Infinity for never. */
  get wakeNs(): number {
    return this.#wheel.wakeNs;
  }

  /** Sets every agent's start. Nothing is due that would be due after `endNs`. */
  begin(startNs: number, endNs: number): void {
    const { table, rampNs, shards } = this.#options;
    this.#endNs = endNs;
    this.#wheel = new TimingWheel(table.count * this.#timersPerAgent, startNs);
    this.#view.begin(startNs);
    for (let agent = 0; agent < table.count; agent++) {
      this.#wheel.set(this.#lifeTimer(agent), startNs + (rampNs * shards.idOf(agent)) / shards.agents);
    }
  }

  /** Does what is due at `nowNs`. */
  beat(nowNs: number): void {
    const wheel = this.#wheel;
    const timersPerAgent = this.#timersPerAgent;
    const untilNs = this.#isEnding ? nowNs : Math.min(nowNs, this.#endNs);
    for (let timer = wheel.next(untilNs); timer >= 0; timer = wheel.next(untilNs)) {
      const agent = Math.floor(timer / timersPerAgent);
      const which = timer - agent * timersPerAgent;
      const dueNs = wheel.dueNs(timer);
      // At the end only what somebody waits for goes on.
      if (dueNs > this.#endNs && this.#table.letter[agent]! < 0) continue;
      if (which < this.#steps.length) this.#run(agent, dueNs, this.#steps[which]!, this.#stepNames[which]!);
      else if (which === this.#steps.length) this.#live(agent, dueNs);
      else this.#tell(agent, dueNs, 'onReconnect');
    }
  }

  /** Nothing new begins: what agents work on goes on, and what is due after this is not published. */
  end(nowNs: number): void {
    this.#endNs = Math.min(this.#endNs, nowNs);
    this.#isEnding = true;
  }

  /** A command (from −1) or a question has come. */
  onLetter(
    agent: number,
    from: number,
    slot: number,
    generation: number,
    readNs: number,
    trace?: SpanContext,
  ): void {
    // Who is not there does not hear, and who failed had it in a memory that is gone.
    if (this.#table.status[agent] !== ALIVE || !this.listens) return;
    if (!this.#letters.add(agent, from, slot, generation)) return;
    this.#options.traces?.took(this.#table.lastWaiting[agent]!, agent, trace, readNs);
    this.#work(agent, readNs);
  }

  /** What an agent asked is answered, or never will be. */
  onAnswer(agent: number, life: number, answered: boolean, atNs: number): void {
    if (!this.#behavior.onAnswer || life === ABSENT_LIFE || this.#table.lifeOf(agent) !== life) return;
    this.#view.become(agent, atNs);
    try {
      this.#behavior.onAnswer(this.#view, answered);
    } catch (thrown) {
      this.#options.errors.add(thrown, this.#view.id, 'onAnswer');
    }
    this.#work(agent, atNs);
  }

  /** The agent's connection is there again. */
  onReconnected(agent: number, nowNs: number): void {
    if (!this.#behavior.onReconnect || this.#table.status[agent] !== ALIVE || this.#isEnding) return;
    const afterNs = this.#options.rejoinNs * this.#draw(agent);
    this.#wheel.set(this.#lifeTimer(agent) + 1, nowNs + afterNs);
  }

  #run(agent: number, dueNs: number, step: (view: AgentView) => void, name: string): void {
    this.#view.become(agent, dueNs);
    try {
      step(this.#view);
    } catch (thrown) {
      this.#options.errors.add(thrown, this.#view.id, name);
    }
    this.#work(agent, dueNs);
  }

  #tell(agent: number, dueNs: number, what: 'start' | 'onMessage' | 'onReconnect'): void {
    this.#view.become(agent, dueNs);
    try {
      this.#behavior[what]?.(this.#view);
    } catch (thrown) {
      // What it could not read, it does not answer: the next letter gets its turn.
      if (what === 'onMessage' && this.#table.letter[agent]! >= 0) this.#letters.end(agent);
      this.#options.errors.add(thrown, this.#view.id, what);
    }
  }

  /** One letter after the other, as long as each is answered at once. */
  #work(agent: number, dueNs: number): void {
    while (this.#letters.begin(agent)) this.#tell(agent, dueNs, 'onMessage');
  }

  /** Start, failure, start again. */
  #live(agent: number, dueNs: number): void {
    const { status, failures } = this.#table;
    const { failure, voice } = this.#options;
    if (this.#isEnding) return;
    if (status[agent] === ALIVE) {
      status[agent] = DOWN;
      failures[agent]!++;
      for (let step = 0; step < this.#steps.length; step++) this.#wheel.clear(this.#timer(agent, step));
      this.#wheel.clear(this.#lifeTimer(agent) + 1);
      this.#letters.discard(agent);
      this.#table.forget(agent);
      this.#wheel.set(this.#lifeTimer(agent), dueNs + failure!.downNs);
      voice.onStatus(agent, false, dueNs);
      return;
    }
    if (status[agent] !== ABSENT) voice.onStatus(agent, true, dueNs);
    status[agent] = ALIVE;
    if (failure) {
      // Failures that have nothing to do with each other: exponentially distributed.
      const aliveNs = -Math.log(1 - this.#draw(agent)) * failure.everyNs;
      this.#wheel.set(this.#lifeTimer(agent), dueNs + aliveNs);
    }
    this.#tell(agent, dueNs, 'start');
    this.#work(agent, dueNs);
  }

  #timer(agent: number, step: number): number {
    return agent * this.#timersPerAgent + step;
  }

  #lifeTimer(agent: number): number {
    return this.#timer(agent, this.#steps.length);
  }

  #draw(agent: number): number {
    const { random, shards } = this.#options;
    return random.at(shards.idOf(agent), this.#table.draws[agent]!++);
  }

  #deeds(): AgentDeeds {
    const { shards, voice } = this.#options;
    const table = this.#table;
    return {
      idOf: (agent) => shards.idOf(agent),
      draw: (agent) => this.#draw(agent),
      setStep: (agent, step, dueNs) => this.#wheel.set(this.#timer(agent, step), dueNs),
      clearStep: (agent, step) => this.#wheel.clear(this.#timer(agent, step)),
      publish: (agent, type, fields, dueNs) => {
        if (dueNs <= this.#endNs) voice.publish(agent, type, fields, dueNs);
      },
      ask: (agent, other, dueNs) => {
        if (dueNs <= this.#endNs) voice.ask(agent, other, dueNs);
      },
      reply: (agent, dueNs, failed) => {
        const letter = table.letter[agent]!;
        if (letter < 0) throw new Error('agent.reply(): it works on nothing that could be answered');
        const { from, slot, generation } = this.#letters;
        voice.reply(agent, from[letter]!, slot[letter]!, generation[letter]!, dueNs, letter, failed);
        this.#letters.end(agent);
      },
      uncorrelate: (agent, dueNs) => voice.uncorrelate(agent, dueNs),
    };
  }
}
