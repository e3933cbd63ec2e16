import type { MetricFamily } from '../../contracts/metric.js';
import type { BookScene } from '../books.js';
import type { EventBook, ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { isName } from '../tables/field-reading.js';
import { Figures } from '../tables/figures.js';
import { happenedNs } from '../tables/happened.js';
import { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { LabelTable } from '../tables/label-table.js';
import type { SeriesColumn } from '../tables/series-names.js';
import { SightWatch } from '../tables/sight-watch.js';
import { agentRoles, COMMAND, HEARTBEAT, LEAVING, RESULT, TALK } from './agent-roles.js';
import type { MonitoredAgentsPlan } from './agents-schema.js';
import { CommandAccount } from './command-account.js';
import { KnownAgents } from './known-agents.js';
import { LetterSubject } from './letter-subject.js';
import { INTERVALS_TO_KNOW, LEAST_WINDOW_NS, learnRhythm, missedBeats } from './rhythm.js';

/** Kinds of key: no agent is taken for a command. */
const AGENT_KEY = 1;
const COMMAND_KEY = 2;
const TOKEN_KEY = 3;
const TURN_KEY = 4;

/** By what the group of an agent is known: the later goes before. */
const BY_EVENT = 0;
const BY_HEARTBEAT = 1;
const BY_FIELD = 2;

/** Agents that are looked at in one tick: a slice of those that there are, where there are more. */
const MOST_A_TICK = 250_000;

/**
 * Follows agents by the events that name them: who is alive, whose heartbeats do not come, and what becomes of commands.
 * An agent is one of its id, whichever domain it speaks in.
 */
export class AgentBook implements EventBook {
  readonly #plan: MonitoredAgentsPlan;
  readonly #agent: number;
  readonly #from: number;
  readonly #group: number;
  readonly #command: number;
  readonly #token: number;
  readonly #domains: readonly string[];
  readonly #loads: readonly string[];
  readonly #roles: SeriesColumn;
  readonly #groups: LabelTable;
  readonly #letter = new LetterSubject();
  readonly #key = new KeyHash();
  readonly #watch: SightWatch;
  readonly #agents: KnownAgents;
  readonly #commands: CommandAccount;
  readonly #known = new Figures();
  readonly #alive = new Figures();
  readonly #heartbeats = new Figures();
  readonly #missed = new Figures();
  readonly #forgotten = new Figures();
  /** The rhythm of a group's agents, for those of which no own one is known. */
  readonly #groupEveryNs = new Figures();
  /** Where the next tick goes on. */
  #hand = 0;

  constructor(plan: MonitoredAgentsPlan, { want, series, fields, outcomes, loads, startNs }: BookScene) {
    this.#plan = plan;
    this.#agent = want(...fields.agent);
    this.#from = want('from');
    this.#group = want(...plan.group);
    this.#command = want(...plan.command);
    this.#token = want(...plan.token);
    this.#domains = series.domainNames;
    this.#loads = loads;
    this.#roles = agentRoles(plan, series);
    this.#groups = new LabelTable(plan['max-groups']);
    this.#watch = new SightWatch(startNs);
    this.#agents = new KnownAgents(plan['max-agents'], (slot) => {
      this.#forgotten.add(this.#agents.group[slot]!, 1);
      this.#subtract(slot);
    });
    this.#commands = new CommandAccount({
      mostOpen: plan['max-commands'],
      timeoutNs: plan['command-timeout'],
      outcomes,
    });
  }

  /** All that is kept of single agents, and of their commands, in bytes. */
  get bytes(): { readonly agents: number; readonly commands: number } {
    return { agents: this.#agents.bytes, commands: this.#commands.bytes };
  }

  onEvent(event: ScannedEvent): void {
    const role = this.#roles.of(event.series);
    const isLetter = role === TALK && this.#letter.read(event.buffer, event.subjectStart, event.subjectEnd);
    const speaker = isLetter && isName(event, this.#from) ? this.#from : this.#agent;
    const isNamed = isName(event, speaker);
    if (role === COMMAND || role === RESULT) this.#onCommand(event, role, isNamed);
    if (!isNamed || role === COMMAND) return;
    this.#watch.onTime(event.receivedNs);
    this.#setKey(event, AGENT_KEY, speaker);
    let slot = this.#agents.find(this.#key);
    if (role === LEAVING) {
      if (slot !== NONE) this.#leave(slot);
      return;
    }
    const rank = isName(event, this.#group) ? BY_FIELD : role === HEARTBEAT ? BY_HEARTBEAT : BY_EVENT;
    if (slot === NONE) slot = this.#welcome(event, rank);
    else this.#hear(event, slot, rank);
    if (role === HEARTBEAT) this.#beat(event, slot);
  }

  tick(nowNs: number): void {
    this.#watch.onTime(nowNs);
    if (!this.#watch.isSeeing) return;
    this.#commands.expire(nowNs);
    const { used } = this.#agents;
    for (let left = Math.min(used, MOST_A_TICK); left > 0; left--) {
      const slot = this.#hand < used ? this.#hand : 0;
      this.#hand = slot + 1;
      if (this.#agents.isUsed[slot] === 1) this.#look(slot, nowNs);
    }
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.#watch.onSight(isSeeing, nowNs);
  }

  *families(): Iterable<MetricFamily> {
    const { names } = this.#groups;
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
    yield* this.#commands.families(names);
  }

  #onCommand(event: ScannedEvent, role: number, hasAgent: boolean): void {
    const named = isName(event, this.#command);
    const hasToken = !named && hasAgent && isName(event, this.#token);
    if (!named && !hasAgent) return;
    this.#setKey(
      event,
      named ? COMMAND_KEY : hasToken ? TOKEN_KEY : TURN_KEY,
      named ? this.#command : this.#agent,
    );
    if (hasToken) this.#addToKey(event, this.#token);
    const group = this.#groupOf(event);
    if (role === COMMAND) this.#commands.onCommand(event, this.#key, group, named || hasToken);
    else this.#commands.onResult(event, this.#key, group, named || hasToken);
  }

  #welcome(event: ScannedEvent, rank: number): number {
    const group = this.#groupOf(event);
    const slot = this.#agents.add(this.#key, group, rank, event.receivedNs);
    this.#known.add(group, 1);
    this.#alive.add(group, 1);
    return slot;
  }

  #hear(event: ScannedEvent, slot: number, rank: number): void {
    const agents = this.#agents;
    agents.heardNs[slot] = event.receivedNs;
    if (agents.isAlive[slot] === 0) {
      agents.isAlive[slot] = 1;
      this.#alive.add(agents.group[slot]!, 1);
    }
    // A group that is told by a field may change; any other is found once.
    if (rank < BY_FIELD && rank <= agents.groupRank[slot]!) return;
    agents.groupRank[slot] = rank;
    const group = this.#groupOf(event);
    const before = agents.group[slot]!;
    if (group === before) return;
    agents.group[slot] = group;
    this.#known.add(before, -1);
    this.#alive.add(before, -1);
    this.#known.add(group, 1);
    this.#alive.add(group, 1);
  }

  #beat(event: ScannedEvent, slot: number): void {
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
    const silentNs = nowNs - this.#watch.silentSinceNs(agents.heardNs[slot]!);
    if (silentNs > this.#plan['forget-after']) {
      this.#forgotten.add(agents.group[slot]!, 1);
      this.#leave(slot);
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

  #leave(slot: number): void {
    this.#subtract(slot);
    this.#agents.remove(slot);
  }

  #subtract(slot: number): void {
    const { group, isAlive } = this.#agents;
    this.#known.add(group[slot]!, -1);
    if (isAlive[slot] === 1) this.#alive.add(group[slot]!, -1);
  }

  #groupOf(event: ScannedEvent): number {
    const field = this.#group;
    const { buffer } = event;
    if (isName(event, field)) {
      return this.#groups.indexOf(buffer, event.fieldStarts[field]!, event.fieldEnds[field]!);
    }
    if (event.load > 0) return this.#groups.indexOfText(this.#loads[event.load]!);
    const letter = this.#letter;
    if (letter.read(buffer, event.subjectStart, event.subjectEnd)) {
      return this.#groups.indexOf(buffer, letter.loadStart, letter.loadEnd);
    }
    return this.#groups.indexOfText(this.#domains[event.domain] ?? 'other');
  }

  #setKey(event: ScannedEvent, kind: number, field: number): void {
    const key = this.#key;
    key.begin(kind);
    // Two loads have agents of the same ids.
    key.number(event.load);
    key.bytes(event.buffer, event.fieldStarts[field]!, event.fieldEnds[field]!);
    key.end();
  }

  #addToKey(event: ScannedEvent, field: number): void {
    this.#key.bytes(event.buffer, event.fieldStarts[field]!, event.fieldEnds[field]!);
    this.#key.end();
  }
}
