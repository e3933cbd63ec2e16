import { ANSWER, COMMAND, emptyMessage, QUESTION, RESULT } from './agent-message.js';
import type { AgentNetwork } from './agent-network.js';
import type { AgentPost } from './agent-post.js';
import type { AgentVoice } from './agent-runtime.js';
import { type AgentTable, UNCORRELATED } from './agent-table.js';
import type { AgentTraces } from './agent-traces.js';
import type { EventTypes } from './event-types.js';

/** More than what stands in a payload beside the fields: stamp, agent, correlation, number, braces. */
const FRAMING_BYTES = 128;

/** Puts what agents say into messages, and hands these to the post. Allocates nothing. */
export class AgentMouth implements AgentVoice {
  readonly #post: AgentPost;
  readonly #table: AgentTable;
  readonly #types: EventTypes;
  readonly #network: () => AgentNetwork;
  readonly #message = emptyMessage();
  readonly #traces: AgentTraces | undefined;
  #mostBytes = Number.POSITIVE_INFINITY;

  constructor(
    post: AgentPost,
    table: AgentTable,
    types: EventTypes,
    network: () => AgentNetwork,
    traces?: AgentTraces,
  ) {
    this.#traces = traces;
    this.#post = post;
    this.#table = table;
    this.#types = types;
    this.#network = network;
  }

  /** What a server takes in one message: no event with fields may be larger. */
  limit(maxPayload: number): void {
    this.#mostBytes = maxPayload - FRAMING_BYTES;
  }

  /** Throws a RangeError for fields that the server would end the connection for, and everybody else's on it. */
  publish(agent: number, type: string, fields: string, dueNs: number): void {
    if (fields !== '' && Buffer.byteLength(fields) > this.#mostBytes) {
      throw new RangeError(
        `publish of ${type}: its fields have ${Buffer.byteLength(fields)} B, and there is room for ${this.#mostBytes}`,
      );
    }
    const { correlation, correlated } = this.#table;
    const message = this.#message;
    const number = correlated[agent]!;
    message.form = this.#types.formOf(type);
    message.agent = agent;
    message.dueNs = dueNs;
    message.fields = fields;
    if (number === UNCORRELATED) {
      message.correlation = 0;
      message.trace = undefined;
    } else {
      message.correlation = correlation[agent]!;
      message.number = number;
      message.trace = this.#traces?.step(agent, number, type, dueNs);
      correlated[agent] = Math.min(number + 1, UNCORRELATED - 1);
    }
    this.#post.send(this.#network().linkOf(agent), message);
  }

  ask(agent: number, other: number, dueNs: number): void {
    this.say(QUESTION, agent, other, dueNs);
  }

  reply(
    agent: number,
    from: number,
    slot: number,
    generation: number,
    dueNs: number,
    letter: number,
    failed: boolean,
  ): void {
    this.#message.failed = failed;
    this.#message.slot = slot;
    this.#message.generation = generation;
    this.#message.trace = this.#traces?.worked(letter, dueNs);
    this.#send(from < 0 ? RESULT : ANSWER, agent, from, dueNs);
  }

  uncorrelate(agent: number, dueNs: number): void {
    this.#traces?.endWorkflow(agent, dueNs);
  }

  onStatus(agent: number, isUp: boolean, atNs: number): void {
    if (!isUp) this.#traces?.endWorkflow(agent, atNs, 'its agent failed');
    this.#network().onStatus(agent, isUp);
  }

  /** A question of an agent, or a command for it. */
  say(form: number, agent: number, to: number, dueNs: number): void {
    this.#message.trace = this.#traces?.begin(form === COMMAND ? 'command' : 'question', dueNs);
    this.#send(form, agent, to, dueNs);
  }

  #send(form: number, agent: number, to: number, dueNs: number): void {
    const message = this.#message;
    message.form = form;
    message.agent = agent;
    message.to = to;
    message.dueNs = dueNs;
    message.correlation = 0;
    message.fields = '';
    const network = this.#network();
    this.#post.send(form === COMMAND ? network.commander! : network.linkOf(agent), message);
  }
}
