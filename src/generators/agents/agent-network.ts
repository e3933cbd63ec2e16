import type { SpanContext } from '../../contracts/trace.js';
import type { WireListener } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';
import { readTokenGeneration, readTokenSlot } from '../../wire/reply-token.js';
import { emptyStamp } from '../../wire/stamp.js';
import { readMessageStamp } from '../../wire/stamp-header.js';
import type { TrafficSetting } from '../load-kind.js';
import {
  ID_DIGITS,
  LETTER_BYTES,
  LETTER_FROM_AT,
  LETTER_TOKEN_AT,
  RESULT_BYTES,
  SHARD_DIGITS,
} from './agent-frames.js';
import { AgentLink } from './agent-link.js';
import { ANSWER, COMMAND, QUESTION, RESULT } from './agent-message.js';
import { commandsPerSec, isPerAgent, linksPerWorker, writersOf } from './agents-plan.js';
import { readDecimal } from './decimal.js';
import { eachWithin } from './each-within.js';
import type { EventTypes } from './event-types.js';
import type { Shards } from './shards.js';

/** Sockets that are opened, or closed, at a time. */
const AT_A_TIME = 64;
/** What a connection that many share may hold back before it holds them up, and one that nobody shares. */
const SHARED_HELD_BYTES = 1024 * 1024;
const OWN_HELD_BYTES = 16 * 1024;

/** Connections look after their servers so often; where they are thousands, 500 a second in all do. */
const LEAST_PING_MS = 2000;
const PING_MS_EACH = 2;

export interface AgentNetworkOptions {
  readonly setting: TrafficSetting;
  readonly shards: Shards;
  readonly types: EventTypes;
  /** Whether the behaviour hears commands and questions, and answers. */
  readonly listens: boolean;
  readonly asks: boolean;
  /** When what is being read was read. */
  readNs(): number;
  onReadStart(): void;
  onReadEnd(): void;
  /** A command, `from` −1, or a question for one of the worker's agents. */
  onLetter(agent: number, from: number, slot: number, generation: number, trace?: SpanContext): void;
  onAnswer(slot: number, generation: number): void;
  onLost(link: AgentLink): void;
  /** Not for the first time. */
  onBack(link: AgentLink): void;
}

/** The connections of a worker: some that its agents share, or one for each; and one that sends the commands. */
export class AgentNetwork {
  /** Those of the agents, and behind them the commander's. */
  readonly links: readonly AgentLink[];
  readonly commander: AgentLink | undefined;
  readonly #options: AgentNetworkOptions;
  readonly #perAgent: boolean;
  readonly #stamp = emptyStamp();

  constructor(options: AgentNetworkOptions) {
    this.#options = options;
    const { load, worker, writer } = options.setting;
    this.#perAgent = isPerAgent(load);
    const held = this.#perAgent ? OWN_HELD_BYTES : SHARED_HELD_BYTES;
    const own = linksPerWorker(load, worker);
    const writers = writersOf(load) - 1;
    const links = Array.from({ length: own }, (_, i) => new AgentLink(i, writer + (i % writers), held));
    if (commandsPerSec(load) > 0) {
      this.commander = new AgentLink(own, writer + writers, SHARED_HELD_BYTES);
      links.push(this.commander);
    }
    this.links = links;
    for (const link of links) this.#equip(link);
  }

  /** The connection that an agent uses. */
  linkOf(agent: number): AgentLink {
    return this.links[this.#perAgent ? agent : agent % this.#options.shards.perWorker]!;
  }

  /** The agents that use a connection. */
  *agentsOf(link: AgentLink): Iterable<number> {
    if (link === this.commander) return;
    const { own, perWorker } = this.#options.shards;
    const step = this.#perAgent ? own : perWorker;
    for (let agent = link.index; agent < own; agent += step) yield agent;
  }

  /** Opens them all; rejects with what one of them met. */
  async open(): Promise<void> {
    await eachWithin(this.links, AT_A_TIME, async ({ connection }) => {
      await connection.connect();
      await connection.flush();
    });
  }

  async close(): Promise<void> {
    await eachWithin(this.links, AT_A_TIME, ({ connection }) => connection.close());
  }

  /** An agent with a connection of its own fails: its socket is gone without a farewell. */
  onStatus(agent: number, isUp: boolean): void {
    if (!this.#perAgent) return;
    const { connection } = this.linkOf(agent);
    if (isUp) connection.reconnect();
    else connection.cut();
  }

  #equip(link: AgentLink): void {
    const { setting, listens, asks } = this.#options;
    const isCommander = link === this.commander;
    // Agents that share a connection also write to each other.
    link.connection = setting.connection(this.#listener(link), link.index, {
      echo: !isCommander && !this.#perAgent,
      pingEveryMs: Math.max(LEAST_PING_MS, this.links.length * PING_MS_EACH),
    });
    const listen = (form: number, owner: string) => {
      const sid = link.connection.subscribe(`${this.#options.types.letterSubjects[form]}.${owner}`);
      link.forms[sid] = form;
    };
    if (isCommander) {
      for (const shard of this.#shardNames()) listen(RESULT, `${shard}.*`);
      return;
    }
    const owner = this.#ownerOf(link);
    if (listens) {
      listen(COMMAND, owner);
      listen(QUESTION, owner);
    }
    if (asks) listen(ANSWER, owner);
  }

  #ownerOf({ index }: AgentLink): string {
    const { shards } = this.#options;
    const id = shards.idOf(index);
    const shard = String(shards.shardOf(id)).padStart(SHARD_DIGITS, '0');
    return this.#perAgent ? `${shard}.${String(id).padStart(ID_DIGITS, '0')}` : `${shard}.*`;
  }

  #shardNames(): string[] {
    const { worker, perWorker } = this.#options.shards;
    return Array.from({ length: perWorker }, (_, i) =>
      String(worker * perWorker + i).padStart(SHARD_DIGITS, '0'),
    );
  }

  #listener(link: AgentLink): WireListener {
    const options = this.#options;
    return {
      onReadStart: () => options.onReadStart(),
      onReadEnd: () => options.onReadEnd(),
      onMessage: (view) => this.#onMessage(link, view),
      onConnected: () => {
        if (link.losses > 0) options.onBack(link);
      },
      onDisconnected: () => {
        link.losses++;
        options.onLost(link);
      },
    };
  }

  #onMessage(link: AgentLink, view: MessageView): void {
    const { shards, onLetter, onAnswer, setting } = this.#options;
    const { buffer, subjectEnd, payloadStart } = view;
    const agent = shards.localOf(readDecimal(buffer, subjectEnd - ID_DIGITS, ID_DIGITS));
    const slot = readTokenSlot(buffer, payloadStart + LETTER_TOKEN_AT);
    const from = readDecimal(buffer, payloadStart + LETTER_FROM_AT, ID_DIGITS);
    const form = link.forms[view.sid];
    const bytes = form === RESULT ? RESULT_BYTES : LETTER_BYTES;
    if (view.payloadEnd - payloadStart !== bytes || agent < 0 || slot < 0 || from < 0) {
      setting.notices.add('operation-error', 'a message came to an agent that is no letter of ours');
      return;
    }
    const generation = readTokenGeneration(buffer, payloadStart + LETTER_TOKEN_AT);
    const trace = view.headerStart < payloadStart ? this.#receive(view) : undefined;
    if (form === COMMAND) onLetter(agent, -1, slot, generation, trace);
    else if (form === QUESTION) onLetter(agent, from, slot, generation, trace);
    else onAnswer(slot, generation);
  }

  /** Only a letter whose trace is recorded has a header. */
  #receive(view: MessageView): SpanContext | undefined {
    const { setting, readNs } = this.#options;
    const atNs = readNs();
    const dueNs = readMessageStamp(view, this.#stamp) ? this.#stamp.dueNs : atNs;
    return setting.receiveTracer?.received(view, dueNs, atNs);
  }
}
