import { NS } from '../../base/clock.js';
import { suggestion } from '../../base/nearest.js';
import { type AgentTable, UNCORRELATED } from './agent-table.js';
import type { Agent } from './behavior.js';

/** What an agent can make happen; agents are local numbers, times due times. */
export interface AgentDeeds {
  draw(agent: number): number;
  setStep(agent: number, step: number, dueNs: number): void;
  clearStep(agent: number, step: number): void;
  publish(agent: number, type: string, fields: string, dueNs: number): void;
  ask(agent: number, other: number, dueNs: number): void;
  reply(agent: number, dueNs: number, failed: boolean): void;
  uncorrelate(agent: number, dueNs: number): void;
  /** The id of a local agent. */
  idOf(agent: number): number;
}

export interface AgentViewOptions {
  readonly table: AgentTable;
  readonly deeds: AgentDeeds;
  readonly population: number;
  readonly everyMs: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly stateNames: readonly string[];
  readonly stepNames: readonly string[];
}

/** The one object that behaviours see, which is one agent after the other. */
export class AgentView implements Agent {
  readonly population: number;
  readonly every: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: Record<string, number>;
  readonly #table: AgentTable;
  readonly #deeds: AgentDeeds;
  readonly #steps: ReadonlyMap<string, number>;
  readonly #place: StatePlace = { base: 0 };
  #agent = 0;
  #dueNs = 0;
  #startNs = 0;

  constructor({ table, deeds, population, everyMs, options, stateNames, stepNames }: AgentViewOptions) {
    this.#table = table;
    this.#deeds = deeds;
    this.population = population;
    this.every = everyMs;
    this.options = options;
    this.#steps = new Map(stepNames.map((name, index) => [name, index]));
    this.state = stateAt(this.#place, table.state, stateNames);
  }

  /** The time from which `now` counts. */
  begin(startNs: number): void {
    this.#startNs = startNs;
  }

  /** From here on it is this agent, at this time. */
  become(agent: number, dueNs: number): void {
    this.#agent = agent;
    this.#dueNs = dueNs;
    this.#place.base = agent * this.#table.slots;
  }

  get id(): number {
    return this.#deeds.idOf(this.#agent);
  }

  get now(): number {
    return (this.#dueNs - this.#startNs) / NS.ms;
  }

  get failures(): number {
    return this.#table.failures[this.#agent]!;
  }

  random(): number {
    return this.#deeds.draw(this.#agent);
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.#deeds.draw(this.#agent);
  }

  after(milliseconds: number, step: string): void {
    if (!(milliseconds >= 0)) {
      throw new RangeError(
        `agent.after(${milliseconds}, ${JSON.stringify(step)}): expected milliseconds from 0 on`,
      );
    }
    this.#deeds.setStep(this.#agent, this.#stepOf(step), this.#dueNs + milliseconds * NS.ms);
  }

  cancel(step: string): void {
    this.#deeds.clearStep(this.#agent, this.#stepOf(step));
  }

  publish(type: string, fields?: Readonly<Record<string, unknown>>): void {
    const text = fields === undefined ? '' : JSON.stringify(fields).slice(1, -1);
    this.#deeds.publish(this.#agent, type, text, this.#dueNs);
  }

  correlate(): void {
    this.#table.correlation[this.#agent]!++;
    this.#table.correlated[this.#agent] = 0;
  }

  uncorrelate(): void {
    this.#table.correlated[this.#agent] = UNCORRELATED;
    this.#deeds.uncorrelate(this.#agent, this.#dueNs);
  }

  ask(agent: number): void {
    if (!Number.isInteger(agent) || agent < 0 || agent >= this.population) {
      throw new RangeError(`agent.ask(${agent}): there are agents 0 to ${this.population - 1}`);
    }
    this.#deeds.ask(this.#agent, agent, this.#dueNs);
  }

  reply(outcome: 'success' | 'failure' = 'success'): void {
    if (outcome !== 'success' && outcome !== 'failure') {
      throw new TypeError(`agent.reply(${JSON.stringify(outcome)}): expected 'success' or 'failure'`);
    }
    this.#deeds.reply(this.#agent, this.#dueNs, outcome === 'failure');
  }

  #stepOf(name: string): number {
    const step = this.#steps.get(name);
    if (step === undefined) {
      throw new TypeError(
        `this behaviour has no step ${JSON.stringify(name)}. ${suggestion(String(name), [...this.#steps.keys()], 'Its steps are')}`,
      );
    }
    return step;
  }
}

/** Where in the column of all agents' numbers those of the present agent begin. */
interface StatePlace {
  base: number;
}

/** An object whose named numbers lie in the column. */
function stateAt(place: StatePlace, column: Float64Array, names: readonly string[]): Record<string, number> {
  const state = Object.create(null) as Record<string, number>;
  for (const [slot, name] of names.entries()) {
    Object.defineProperty(state, name, {
      enumerable: true,
      get: () => column[place.base + slot],
      set: (value: number) => {
        column[place.base + slot] = value;
      },
    });
  }
  // A name that is not declared would be the same number for all agents.
  return Object.seal(state);
}
