import { NS, nowNs } from '../../base/clock.js';
import { PreflightError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import { formatInteger } from '../../base/units.js';
import type { TrafficRun, TrafficSetting } from '../load-kind.js';
import { COMMAND } from './agent-message.js';
import { AgentMouth } from './agent-mouth.js';
import { AgentNetwork } from './agent-network.js';
import { AgentPost } from './agent-post.js';
import { AgentRandom } from './agent-random.js';
import { AgentRuntime } from './agent-runtime.js';
import { AgentTable } from './agent-table.js';
import { AgentTraces } from './agent-traces.js';
import { commandsPerSec, isPerAgent, linksPerWorker, writersOf } from './agents-plan.js';
import type { AgentsParams } from './agents-schema.js';
import type { Behavior } from './behavior.js';
import { BehaviorErrors } from './behavior-errors.js';
import { Commander } from './commander.js';
import { EventTypes } from './event-types.js';
import { Questions } from './questions.js';
import { Shards } from './shards.js';

/** One write for many agents, or for one. */
const SHARED_CHUNK_BYTES = 64 * 1024;
const OWN_CHUNK_BYTES = 1024;

/** All that makes up one worker's agents, put together. */
export class AgentCrew {
  readonly shards: Shards;
  readonly runtime: AgentRuntime;
  readonly network: AgentNetwork;
  readonly #setting: TrafficSetting;
  readonly #params: AgentsParams;
  readonly #table: AgentTable;
  readonly #traces: AgentTraces | undefined;
  readonly #types: EventTypes;
  readonly #questions: Questions;
  readonly #post: AgentPost;
  readonly #mouth: AgentMouth;
  readonly #commander: Commander | undefined;
  /** When what is being read was read. */
  #readNs = 0;
  #hasLostLinks = false;
  /** When the last command or question came. */
  lastLetterNs = 0;

  constructor(setting: TrafficSetting, behavior: Behavior) {
    const { load, worker } = setting;
    this.#setting = setting;
    this.#traces = setting.tracer && new AgentTraces(setting.tracer);
    this.#params = load.params as AgentsParams;
    const perWorker = isPerAgent(load) ? 1 : linksPerWorker(load, worker);
    this.shards = new Shards(this.#params.agents, load.workers, worker, perWorker);
    const most = AgentRuntime.mostAgents(behavior);
    if (this.shards.own > most) {
      throw new PreflightError(
        `load ${load.name}: a worker can have ${formatInteger(most)} agents of this behaviour, not ${formatInteger(this.shards.own)}`,
        { hint: 'give the load more `workers`' },
      );
    }
    this.#table = new AgentTable(this.shards.own, behavior.state?.length ?? 0);
    this.#types = new EventTypes(setting);
    this.#questions = new Questions({
      window: this.#params.window,
      timeoutNs: this.#params['ack-timeout'],
      lifeOf: (agent) => this.#table.lifeOf(agent),
      onEnd: (agent, life, answered, atNs) => this.runtime.onAnswer(agent, life, answered, atNs),
      onTraced: (slot, atNs, error) => this.#traces?.answered(slot, atNs, error),
    });
    this.#post = this.#newPost();
    this.#mouth = new AgentMouth(this.#post, this.#table, this.#types, () => this.network, this.#traces);
    this.runtime = this.#newRuntime(behavior);
    this.network = this.#newNetwork(behavior);
    this.#commander = this.#newCommander();
  }

  /** Bytes that the worker keeps of one agent. */
  get bytesPerAgent(): number {
    return this.runtime.bytesPerAgent;
  }

  /** Messages and questions without an outcome. */
  get pending(): number {
    return this.#questions.open + this.#post.pending;
  }

  async open(): Promise<void> {
    await this.network.open();
    const { info } = this.network.links[0]!.connection;
    if (!info) return;
    this.#types.checkSizes(info.max_payload);
    this.#mouth.limit(info.max_payload);
  }

  begin({ startNs, pacer, recorder }: TrafficRun): void {
    const endNs = startNs + pacer.endNs;
    this.#post.begin(recorder);
    this.#questions.begin(recorder);
    this.runtime.begin(startNs, endNs);
    // An agent that is not there yet cannot be told anything.
    this.#commander?.begin(startNs + this.#params.ramp, endNs);
  }

  expire(byNs: number): void {
    if (this.#questions.open > 0) this.#questions.expire(byNs, nowNs());
  }

  /** Does what is due, and returns when there is more to do. */
  beat(atNs: number): number {
    this.#post.nowNs = atNs;
    if (this.#hasLostLinks) {
      this.#hasLostLinks = false;
      this.#questions.loseLinks(this.network.links, atNs);
    }
    this.runtime.beat(atNs);
    this.#commander?.beat(atNs);
    this.#post.settle();
    return Math.min(this.runtime.wakeNs, this.#commander?.nextNs ?? Number.POSITIVE_INFINITY);
  }

  end(atNs: number): void {
    this.runtime.end(atNs);
    this.#commander?.end(atNs);
  }

  /** What waits for the system is given up. */
  stop(): void {
    this.#post.stop();
  }

  #newPost(): AgentPost {
    const { load, writer, onRoom } = this.#setting;
    return new AgentPost(
      {
        shards: this.shards,
        types: this.#types,
        questions: this.#questions,
        ...(this.#traces && { traces: this.#traces }),
        chunkBytes: isPerAgent(load) ? OWN_CHUNK_BYTES : SHARED_CHUNK_BYTES,
        backlogNs: this.#params.backlog,
        maxLatenessNs: this.#params['max-lateness'],
        lifeOf: (agent) => this.#table.lifeOf(agent),
        onRefused: (agent, life) => this.runtime.onAnswer(agent, life, false, this.#post.nowNs),
        onRoom,
      },
      writer,
      writersOf(load),
    );
  }

  #newRuntime(behavior: Behavior): AgentRuntime {
    const { load, seed, notices } = this.#setting;
    const { every, options, ramp, rejoin, failure } = this.#params;
    // The same agent draws the same numbers, whichever worker it belongs to.
    const streams = seededRandom(seed, `load/${load.name}/agents`);
    return new AgentRuntime({
      behavior,
      table: this.#table,
      shards: this.shards,
      random: new AgentRandom(streams.below(2 ** 32), streams.below(2 ** 32)),
      errors: new BehaviorErrors(notices),
      voice: this.#mouth,
      ...(this.#traces && { traces: this.#traces }),
      everyMs: every / NS.ms,
      options,
      rampNs: ramp,
      rejoinNs: rejoin,
      ...(failure && { failure: { everyNs: failure.every, downNs: failure.down } }),
    });
  }

  #newNetwork(behavior: Behavior): AgentNetwork {
    const { notices, onRoom } = this.#setting;
    return new AgentNetwork({
      setting: this.#setting,
      shards: this.shards,
      types: this.#types,
      listens: behavior.onMessage !== undefined,
      asks: behavior.onAnswer !== undefined,
      readNs: () => this.#readNs,
      onReadStart: () => {
        this.#readNs = nowNs();
        this.#post.nowNs = this.#readNs;
      },
      onReadEnd: () => this.#post.settle(),
      onLetter: (agent, from, slot, generation, trace) => {
        this.lastLetterNs = this.#readNs;
        this.runtime.onLetter(agent, from, slot, generation, this.#readNs, trace);
      },
      onAnswer: (slot, generation) => {
        if (this.#questions.answer(slot, generation, this.#readNs)) return;
        notices.add('operation-error', 'an answer came after its question had ended');
      },
      onLost: () => {
        this.#hasLostLinks = true;
        onRoom();
      },
      onBack: (link) => {
        const atNs = nowNs();
        for (const agent of this.network.agentsOf(link)) this.runtime.onReconnected(agent, atNs);
        onRoom();
      },
    });
  }

  #newCommander(): Commander | undefined {
    const { load, random } = this.#setting;
    const perSec = commandsPerSec(load) * (this.shards.own / this.#params.agents);
    if (perSec === 0) return undefined;
    return new Commander({
      perSec,
      agents: this.shards.own,
      random: random.fork('commander'),
      send: (agent, dueNs) => this.#mouth.say(COMMAND, agent, 0, dueNs),
    });
  }
}
