import type { MetricFamily } from '../../contracts/metric.js';
import type { ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { Figures } from '../tables/figures.js';
import { happenedNs } from '../tables/happened.js';
import type { KeyHash } from '../tables/key-hash.js';
import type { SightWatch } from '../tables/sight-watch.js';
import type { MonitoredAgentsPlan } from './agents-schema.js';
import { KnownAgents } from './known-agents.js';
import { INTERVALS_TO_KNOW, LEAST_WINDOW_NS, learnRhythm, missedBeats } from './rhythm.js';

/** Agents that are looked at in one tick: a slice of those that there are, where there are more. */
const MOST_A_TICK = 250_000;

/** Who is there, who is missing, and whose heartbeats do not come; by group. */
export class AgentCrowd {
  readonly #plan: MonitoredAgentsPlan;
  readonly #watch: SightWatch;
  readonly #agents: KnownAgents;
  readonly #known = new Figures();
  readonly #alive = new Figures();
  readonly #heartbeats = new Figures();
  readonly #missed = new Figures();
  readonly #forgotten = new Figures();
  /** The rhythm of a group's agents, for those of which no own one is known. */
  readonly #groupEveryNs = new Figures();
  /** Where the next tick goes on. */
  #hand = 0;

  constructor(plan: MonitoredAgentsPlan, watch: SightWatch) {
    this.#plan = plan;
    this.#watch = watch;
    this.#agents = new KnownAgents(plan['max-agents'], (slot) => {
      this.#forgotten.add(this.#agents.group[slot]!, 1);
      this.#subtract(slot);
    });
  }

  /** All that is kept of single agents, in bytes. */
  get bytes(): number {
    return this.#agents.bytes;
  }

  /** The slot of an agent; NONE for one that is not known. */
  find(key: KeyHash): number {
    return this.#agents.find(key);
  }

  /** One that is not known has spoken. */
  welcome(key: KeyHash, group: number, groupRank: number, atNs: number): number {
    this.#known.add(group, 1);
    this.#alive.add(group, 1);
    return this.#agents.add(key, group, groupRank, atNs);
  }

  /** One that is known has spoken. */
  hear(slot: number, atNs: number): void {
    const agents = this.#agents;
    agents.heardNs[slot] = atNs;
    if (agents.isAlive[slot] === 1) return;
    agents.isAlive[slot] = 1;
    this.#alive.add(agents.group[slot]!, 1);
  }

  /** By what the group of an agent is known. */
  groupRankOf(slot: number): number {
    return this.#agents.groupRank[slot]!;
  }

  /** The group of one that is alive is known better now. */
  regroup(slot: number, group: number, groupRank: number): void {
    const agents = this.#agents;
    const before = agents.group[slot]!;
    agents.groupRank[slot] = groupRank;
    if (group === before) return;
    agents.group[slot] = group;
    this.#known.add(before, -1);
    this.#alive.add(before, -1);
    this.#known.add(group, 1);
    this.#alive.add(group, 1);
  }

  /** It was a heartbeat. */
  beat(event: ScannedEvent, slot: number): void {
    const agents = this.#agents;
    const group = agents.group[slot]!;
    this.#heartbeats.add(group, 1);
    const atNs = happenedNs(event);
    const beforeNs = agents.beatNs[slot]!;
    // One that was overtaken, or comes again.
    if (atNs <= beforeNs) return;
    agents.beatNs[slot] = atNs;
    const intervalNs = atNs - beforeNs;
    // What came while nothing could be seen is not known.
    if (beforeNs === 0 || this.#watch.silentSinceNs(beforeNs) !== beforeNs) {
      agents.missed[slot] = 0;
      return;
    }
    const everyNs = this.#everyNs(slot);
    if (everyNs > 0) {
      const missed = missedBeats(intervalNs, everyNs);
      this.#countMissed(slot, missed);
      // What was taken for missed has come after all, only late: it does not count again.
      agents.missed[slot] = Math.max(0, agents.missed[slot]! - missed - 1);
    }
    if (this.#plan['heartbeat-every'] === undefined) this.#learn(slot, intervalNs);
  }

  /** It will not speak again. */
  leave(slot: number): void {
    this.#subtract(slot);
    this.#agents.remove(slot);
  }

  tick(nowNs: number): void {
    const { used } = this.#agents;
    for (let left = Math.min(used, MOST_A_TICK); left > 0; left--) {
      const slot = this.#hand < used ? this.#hand : 0;
      this.#hand = slot + 1;
      if (this.#agents.isUsed[slot] === 1) this.#look(slot, nowNs);
    }
  }

  *families(names: readonly string[]): Iterable<MetricFamily> {
    const groups = [...names.keys()].filter(
      (group) => this.#known.of(group) > 0 || this.#forgotten.of(group) > 0 || this.#heartbeats.of(group) > 0,
    );
    const samples = (figureOf: (group: number) => number) =>
      groups.map((group) => ({ labels: { group: names[group]! }, value: figureOf(group) }));
    yield family(
      'cim_agent_known',
      samples((group) => this.#known.of(group)),
    );
    yield family(
      'cim_agent_alive',
      samples((group) => this.#alive.of(group)),
    );
    yield family(
      'cim_agent_missing',
      samples((group) => this.#known.of(group) - this.#alive.of(group)),
    );
    yield family(
      'cim_agent_heartbeats_total',
      samples((group) => this.#heartbeats.of(group)),
    );
    yield family(
      'cim_agent_heartbeats_missed_total',
      samples((group) => this.#missed.of(group)),
    );
    yield family(
      'cim_agent_forgotten_total',
      samples((group) => this.#forgotten.of(group)),
    );
  }

  #learn(slot: number, intervalNs: number): void {
    const agents = this.#agents;
    const intervals = agents.intervals[slot]!;
    agents.everyNs[slot] = learnRhythm(agents.everyNs[slot]!, intervalNs, intervals);
    if (intervals < 255) agents.intervals[slot] = intervals + 1;
    if (intervals + 1 < INTERVALS_TO_KNOW) return;
    const group = agents.group[slot]!;
    const ofGroupNs = this.#groupEveryNs.of(group);
    const known = ofGroupNs === 0 ? 0 : INTERVALS_TO_KNOW;
    this.#groupEveryNs.set(group, learnRhythm(ofGroupNs, agents.everyNs[slot]!, known));
  }

  /** Whether an agent is still alive, which of its heartbeats did not come, and whether it is waited for any longer. */
  #look(slot: number, nowNs: number): void {
    const agents = this.#agents;
    const silentNs = this.#watch.silenceNs(agents.heardNs[slot]!);
    if (silentNs > this.#plan['forget-after']) {
      this.#forgotten.add(agents.group[slot]!, 1);
      this.leave(slot);
      return;
    }
    if (agents.isAlive[slot] === 1 && silentNs > this.#windowNs(slot)) {
      agents.isAlive[slot] = 0;
      this.#alive.add(agents.group[slot]!, -1);
    }
    const everyNs = this.#everyNs(slot);
    if (everyNs === 0 || agents.beatNs[slot] === 0) return;
    this.#countMissed(slot, missedBeats(nowNs - this.#watch.silentSinceNs(agents.beatNs[slot]!), everyNs));
  }

  #countMissed(slot: number, missed: number): void {
    const agents = this.#agents;
    const more = missed - agents.missed[slot]!;
    if (more <= 0) return;
    agents.missed[slot] = missed;
    this.#missed.add(agents.group[slot]!, more);
  }

  /** How often an agent sends a heartbeat, told or learned; 0 where that is not known. */
  #everyNs(slot: number): number {
    const { everyNs, intervals } = this.#agents;
    const learnedNs = intervals[slot]! < INTERVALS_TO_KNOW ? 0 : everyNs[slot]!;
    return this.#plan['heartbeat-every'] ?? learnedNs;
  }

  /** How long it may be silent. */
  #windowNs(slot: number): number {
    const { group, beatNs } = this.#agents;
    const ownNs = this.#everyNs(slot);
    const everyNs = ownNs === 0 && beatNs[slot]! > 0 ? this.#groupEveryNs.of(group[slot]!) : ownNs;
    if (everyNs === 0) return this.#plan['silent-after'];
    return Math.max(LEAST_WINDOW_NS, everyNs * this.#plan['missed-after']);
  }

  #subtract(slot: number): void {
    const { group, isAlive } = this.#agents;
    this.#known.add(group[slot]!, -1);
    if (isAlive[slot] === 1) this.#alive.add(group[slot]!, -1);
  }
}
