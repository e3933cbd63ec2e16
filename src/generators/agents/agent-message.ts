import type { AgentTrace } from './agent-traces.js';

/** What kind of message it is; from EVENT on, one number for each type of event. */
export const COMMAND = 0;
export const RESULT = 1;
export const QUESTION = 2;
export const ANSWER = 3;
export const EVENT = 4;

/** The types under which letters are published, in the order of their numbers. */
export const LETTER_TYPES = ['Command', 'Result', 'Question', 'Answer'] as const;

/** One message that is due: there is one such object, filled in again for each. */
export interface AgentMessage {
  form: number;
  /** Local number of the agent that it is from; of the agent that it is for, in a command. */
  agent: number;
  /** Id of the agent that a question or an answer is for. */
  to: number;
  /** Which question is answered. */
  slot: number;
  generation: number;
  /** Of a result: the command was not carried out. */
  failed: boolean;
  dueNs: number;
  /** Number of the agent's correlation, and of the event in it; 0 for an event that stands for itself. */
  correlation: number;
  number: number;
  /** More of the payload, as the inside of a JSON object; mostly empty. */
  fields: string;
  /** Where its trace is recorded. */
  trace: AgentTrace | undefined;
}

export const emptyMessage = (): AgentMessage => ({
  form: 0,
  agent: 0,
  to: 0,
  slot: 0,
  generation: 0,
  failed: false,
  dueNs: 0,
  correlation: 0,
  number: 0,
  fields: '',
  trace: undefined,
});
