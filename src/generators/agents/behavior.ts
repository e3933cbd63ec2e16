/**
 * What an agent does, as a state machine of named steps. Each step of each agent has a timer of its own; a step sets the
 * next one. All agents of a load share one behaviour: what differs between them is in `agent.state`, and by chance in
 * `agent.random()`.
 */
export interface Behavior<State extends string = string, Step extends string = string> {
  /** Names of the numbers that each agent keeps; 0 when it starts, and when it starts again after a failure. */
  readonly state?: readonly State[];
  /** An agent starts, or starts again after a failure. */
  start(agent: Agent<State, Step>): void;
  /** What happens when a step comes that `agent.after` has set. */
  readonly steps?: Readonly<Record<Step, (agent: Agent<State, Step>) => void>>;
  /**
   * A command, or another agent's question, is what the agent works on from now on: until `agent.reply()`, those that
   * come meanwhile wait. Without this, an agent listens to nobody.
   */
  onMessage?(agent: Agent<State, Step>): void;
  /** The answer to `agent.ask` is there, or (false) it did not come in time. */
  onAnswer?(agent: Agent<State, Step>, answered: boolean): void;
  /** The agent's connection is there again; the agents of a connection are told one after the other, over `rejoin`. */
  onReconnect?(agent: Agent<State, Step>): void;
}

/**
 * One agent, as its behaviour sees it. There is one such object for all of them, which is a different agent at each
 * call: do not keep it.
 */
export interface Agent<State extends string = string, Step extends string = string> {
  /** 0 … population − 1. */
  readonly id: number;
  /** How many agents the load has. */
  readonly population: number;
  /** When what happens now was due, in milliseconds after the start of the load. */
  readonly now: number;
  /** Milliseconds: `every` of the load. */
  readonly every: number;
  /** `options` of the load, as the scenario has them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How often it has failed. */
  readonly failures: number;
  /** Numbers that are this agent's own. */
  readonly state: Record<State, number>;
  /** The next number of the agent's own random stream, in [0, 1). */
  random(): number;
  /** A number drawn evenly from a range. */
  between(from: number, to: number): number;
  /** The step comes so many milliseconds after `now`; in place of when it was to come before. */
  after(milliseconds: number, step: Step): void;
  /** The step does not come. */
  cancel(step: Step): void;
  /** Publishes an event of this type, due now; with fields, they are in its payload, as JSON. */
  publish(type: string, fields?: Readonly<Record<string, unknown>>): void;
  /** From here on the agent's events belong together: they carry a correlation id of their own, and their number. */
  correlate(): void;
  /** From here on its events stand for themselves. */
  uncorrelate(): void;
  /** Asks another agent, due now; `onAnswer` hears of it. From due to the answer is what is measured. */
  ask(agent: number): void;
  /** Answers what the agent works on: a command's result, which says how it ended, or a question's answer; due now. */
  reply(outcome?: 'success' | 'failure'): void;
}

/** Does nothing but check the types of a behaviour: for behaviours in modules of their own. */
export function defineBehavior<State extends string = never, Step extends string = never>(
  behavior: Behavior<State, Step>,
): Behavior<State, Step> {
  return behavior;
}
