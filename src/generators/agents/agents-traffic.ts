import { NS, nowNs } from '../../base/clock.js';
import { seededRandom } from '../../base/random.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { ANSWER, COMMAND, emptyMessage, QUESTION, RESULT } from './agent-message.js';
import { AgentNetwork } from './agent-network.js';
import { AgentPost } from './agent-post.js';
import { AgentRandom } from './agent-random.js';
import { AgentRuntime, type AgentVoice } from './agent-runtime.js';
import { AgentTable, UNCORRELATED } from './agent-table.js';
import { commandsPerSec, isPerAgent, linksPerWorker, socketsOfWorker, writersOf } from './agents-plan.js';
import type { AgentsParams } from './agents-schema.js';
import type { Behavior } from './behavior.js';
import { BehaviorErrors } from './behavior-errors.js';
import { Commander } from './commander.js';
import { EventTypes } from './event-types.js';
import { loadBehavior } from './load-behavior.js';
import { Questions } from './questions.js';
import { Shards } from './shards.js';

/** One write for many agents, or for one. */
const SHARED_CHUNK_BYTES = 64 * 1024;
const OWN_CHUNK_BYTES = 1024;
/** When workers end, their agents still answer those of other workers: for so long after the last letter. */
const LINGER_NS = 300 * NS.ms;

/** One worker's agents, with their connections. */
export class AgentsTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #params: AgentsParams;
  readonly #message = emptyMessage();
  #agents: Assembled | undefined;
  /** When what is being read was read. */
  #readNs = 0;
  #hasLostLinks = false;
  #lastLetterNs = 0;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    this.#params = setting.load.params as AgentsParams;
  }

  async open(): Promise<void> {
    const { load, worker, notices } = this.#setting;
    const agents = this.#assemble(await loadBehavior(this.#params));
    this.#agents = agents;
    const { network, runtime, types } = agents;
    await network.open();
    types.checkSizes(network.links[0]?.connection.info?.max_payload ?? Number.POSITIVE_INFINITY);
    const sockets = socketsOfWorker(load, worker);
    notices.add(
      'note',
      `worker ${worker}: ${agents.shards.own} agents of ${Math.ceil(runtime.bytesPerAgent)} B each over ${sockets} sockets`,
    );
  }

  begin({ startNs, pacer, recorder }: TrafficRun): void {
    const { post, questions, runtime, commander } = this.#assembled;
    const endNs = startNs + pacer.endNs;
    post.begin(recorder);
    questions.begin(recorder);
    runtime.begin(startNs, endNs);
    // An agent that is not there yet cannot be told anything.
    commander?.begin(startNs + this.#params.ramp, endNs);
  }

  get inFlight(): number {
    if (!this.#agents) return 0;
    const { questions, post } = this.#agents;
    return questions.open + post.pending + (this.#lingers ? 1 : 0);
  }

  /** Whether agents of other workers may still ask ours. */
  get #lingers(): boolean {
    const { runtime } = this.#assembled;
    return this.#setting.load.workers > 1 && runtime.listens && nowNs() - this.#lastLetterNs < LINGER_NS;
  }

  expire(byNs: number): void {
    const { questions } = this.#assembled;
    if (questions.open > 0) questions.expire(byNs, nowNs());
  }

  beat(atNs: number): number {
    const { post, questions, runtime, commander, network } = this.#assembled;
    post.nowNs = atNs;
    if (this.#hasLostLinks) {
      this.#hasLostLinks = false;
      questions.loseLinks(network.links, atNs);
    }
    runtime.beat(atNs);
    commander?.beat(atNs);
    post.settle();
    return Math.min(runtime.wakeNs, commander?.nextNs ?? Number.POSITIVE_INFINITY);
  }

  windDown(atNs: number): void {
    const { runtime, commander } = this.#assembled;
    runtime.end(atNs);
    commander?.end(atNs);
  }

  /** What waits for the system is given up. */
  stop(): void {
    this.#assembled.post.stop();
  }

  flush(): void {}

  async close(): Promise<void> {
    await this.#agents?.network.close();
  }

  /** Nothing is due by a rate. */
  room(): number {
    return 0;
  }

  heldBySystem(): boolean {
    return false;
  }

  send(): number {
    return 0;
  }

  giveUp(): void {}

  drop(): void {}

  get #assembled(): Assembled {
    return this.#agents!;
  }

  #assemble(behavior: Behavior): Assembled {
    const { load, worker, writer, random, seed, notices } = this.#setting;
    const params = this.#params;
    const perAgent = isPerAgent(load);
    const perWorker = perAgent ? 1 : linksPerWorker(load, worker);
    const shards = new Shards(params.agents, load.workers, worker, perWorker);
    const table = new AgentTable(shards.own, behavior.state?.length ?? 0);
    const types = new EventTypes(this.#setting);
    // The same agent draws the same numbers, whichever worker it belongs to.
    const streams = seededRandom(seed, `load/${load.name}/agents`);
    const runtime = new AgentRuntime({
      behavior,
      table,
      shards,
      random: new AgentRandom(streams.below(2 ** 32), streams.below(2 ** 32)),
      errors: new BehaviorErrors(notices),
      voice: this.#voice(table),
      everyMs: params.every / NS.ms,
      options: params.options,
      rampNs: params.ramp,
      ...(params.failure && {
        failure: { everyNs: params.failure.every, downNs: params.failure.down },
      }),
      rejoinNs: params.rejoin,
    });
    const questions = new Questions({
      window: params.window,
      timeoutNs: params['ack-timeout'],
      onEnd: (agent, life, answered, atNs) => runtime.onAnswer(agent, life, answered, atNs),
    });
    const post = new AgentPost(
      {
        shards,
        types,
        questions,
        chunkBytes: perAgent ? OWN_CHUNK_BYTES : SHARED_CHUNK_BYTES,
        backlogNs: params.backlog,
        maxLatenessNs: params['max-lateness'],
        lifeOf: (agent) => table.failures[agent]!,
        onRefused: (agent, life) => runtime.onAnswer(agent, life, false, post.nowNs),
        onRoom: this.#setting.onRoom,
      },
      writer,
      writersOf(load),
    );
    const network = new AgentNetwork({
      setting: this.#setting,
      shards,
      types,
      listens: runtime.listens,
      asks: behavior.onAnswer !== undefined,
      onReadStart: () => {
        this.#readNs = nowNs();
        post.nowNs = this.#readNs;
      },
      onReadEnd: () => post.settle(),
      onLetter: (agent, from, slot, generation) => {
        this.#lastLetterNs = this.#readNs;
        runtime.onLetter(agent, from, slot, generation, this.#readNs);
      },
      onAnswer: (slot, generation) => {
        if (!questions.answer(slot, generation, this.#readNs)) {
          notices.add('operation-error', 'an answer came after its question had ended');
        }
      },
      onLost: () => {
        this.#hasLostLinks = true;
        this.#setting.onRoom();
      },
      onBack: (link) => {
        const atNs = nowNs();
        for (let agent = network.firstOf(link); agent < table.count; agent += network.stride) {
          runtime.onReconnected(agent, atNs);
        }
        this.#setting.onRoom();
      },
    });
    const perSec = commandsPerSec(load) * (shards.own / params.agents);
    const commander =
      network.commander && perSec > 0
        ? new Commander({
            perSec,
            agents: shards.own,
            random: random.fork('commander'),
            send: (agent, dueNs) => this.#post(COMMAND, agent, 0, dueNs),
          })
        : undefined;
    return { shards, table, types, runtime, questions, post, network, commander };
  }

  #voice(table: AgentTable): AgentVoice {
    return {
      publish: (agent, type, fields, dueNs) => {
        const { post, network, types } = this.#assembled;
        const message = this.#message;
        const number = table.correlated[agent]!;
        message.form = types.formOf(type);
        message.agent = agent;
        message.dueNs = dueNs;
        message.fields = fields;
        if (number === UNCORRELATED) {
          message.correlation = 0;
        } else {
          message.correlation = table.correlation[agent]!;
          message.number = number;
          table.correlated[agent] = Math.min(number + 1, UNCORRELATED - 1);
        }
        post.send(network.linkOf(agent), message);
      },
      ask: (agent, other, dueNs) => this.#post(QUESTION, agent, other, dueNs),
      reply: (agent, from, slot, generation, dueNs) => {
        this.#message.slot = slot;
        this.#message.generation = generation;
        this.#post(from < 0 ? RESULT : ANSWER, agent, from, dueNs);
      },
      onStatus: (agent, isUp) => this.#assembled.network.onStatus(agent, isUp),
    };
  }

  #post(form: number, agent: number, to: number, dueNs: number): void {
    const { post, network } = this.#assembled;
    const message = this.#message;
    message.form = form;
    message.agent = agent;
    message.to = to;
    message.dueNs = dueNs;
    message.correlation = 0;
    message.fields = '';
    post.send(form === COMMAND ? network.commander! : network.linkOf(agent), message);
  }
}

interface Assembled {
  readonly shards: Shards;
  readonly table: AgentTable;
  readonly types: EventTypes;
  readonly runtime: AgentRuntime;
  readonly questions: Questions;
  readonly post: AgentPost;
  readonly network: AgentNetwork;
  readonly commander: Commander | undefined;
}
