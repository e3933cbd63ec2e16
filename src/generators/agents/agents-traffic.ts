import { NS } from '../../base/clock.js';
import type { Crowd } from '../../contracts/load.js';
import { FollowingTraffic } from '../following-traffic.js';
import type { Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { AgentCrew } from './agent-crew.js';
import type { AgentsParams } from './agents-schema.js';
import { loadBehavior } from './load-behavior.js';

/** When workers end, their agents still answer those of other workers: for so long after the last letter, or the end. */
const LINGER_NS = 300 * NS.ms;

/** One worker's agents: they keep their own time, so that nothing is due by a rate. */
export class AgentsTraffic extends FollowingTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  #crew: AgentCrew | undefined;
  #endNs = Number.POSITIVE_INFINITY;
  /** What had come by then has been read. */
  #readByNs = 0;

  constructor(setting: TrafficSetting) {
    super();
    this.#setting = setting;
  }

  async open(): Promise<void> {
    const behavior = await loadBehavior(this.#setting.load.params as AgentsParams);
    this.#crew = new AgentCrew(this.#setting, behavior);
    await this.#crew.open();
  }

  get crowd(): Crowd {
    const { shards, network, bytesPerAgent } = this.#crew!;
    return { agents: shards.own, sockets: network.links.length, bytesPerAgent: Math.ceil(bytesPerAgent) };
  }

  begin(run: TrafficRun): void {
    this.#crew!.begin(run);
  }

  get inFlight(): number {
    return this.#crew!.pending + (this.#lingers ? 1 : 0);
  }

  /** Whether agents of other workers may still wait for ours, or ask them. */
  get #lingers(): boolean {
    const { load } = this.#setting;
    const { runtime, lastLetterNs } = this.#crew!;
    if (load.workers === 1 || !runtime.listens) return false;
    const readByNs = this.#readByNs;
    if (this.#endNs === Number.POSITIVE_INFINITY) return false;
    if (readByNs - this.#endNs > (load.params as AgentsParams)['ack-timeout']) return false;
    return runtime.openLetters > 0 || readByNs - Math.max(lastLetterNs, this.#endNs) < LINGER_NS;
  }

  expire(byNs: number): void {
    this.#readByNs = byNs;
    this.#crew!.expire(byNs);
  }

  beat(atNs: number): number {
    return this.#crew!.beat(atNs);
  }

  windDown(atNs: number): void {
    this.#endNs = atNs;
    this.#crew!.end(atNs);
  }

  stop(): void {
    this.#crew!.stop();
  }

  flush(): void {}

  async close(): Promise<void> {
    await this.#crew?.network.close();
  }
}
