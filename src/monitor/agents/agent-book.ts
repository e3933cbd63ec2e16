import type { MetricFamily } from '../../contracts/metric.js';
import type { BookScene } from '../books.js';
import type { EventBook, ScannedEvent } from '../events/scanned-event.js';
import { isName } from '../tables/field-reading.js';
import { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { LabelTable } from '../tables/label-table.js';
import type { SeriesColumn } from '../tables/series-names.js';
import { SightWatch } from '../tables/sight-watch.js';
import { AgentCrowd } from './agent-crowd.js';
import { agentRoles, COMMAND, HEARTBEAT, LEAVING, RESULT, TALK } from './agent-roles.js';
import type { MonitoredAgentsPlan } from './agents-schema.js';
import { CommandAccount } from './command-account.js';
import { LetterSubject } from './letter-subject.js';

/** Kinds of key: no agent is taken for a command. */
const AGENT_KEY = 1;
const COMMAND_KEY = 2;
const TOKEN_KEY = 3;
const TURN_KEY = 4;

/** By what the group of an agent is known: the later goes before. */
const BY_EVENT = 0;
const BY_HEARTBEAT = 1;
const BY_FIELD = 2;

/**
 * Follows agents by the events that name them: who is alive, whose heartbeats do not come, and what becomes of commands.
 * An agent is one of its id, whichever domain it speaks in.
 */
export class AgentBook implements EventBook {
  readonly #agent: number;
  readonly #from: number;
  readonly #group: number;
  readonly #command: number;
  readonly #token: number;
  readonly #series: BookScene['series'];
  readonly #loads: readonly string[];
  readonly #roles: SeriesColumn;
  readonly #groups: LabelTable;
  readonly #letter = new LetterSubject();
  readonly #key = new KeyHash();
  readonly #watch: SightWatch;
  readonly #crowd: AgentCrowd;
  readonly #commands: CommandAccount;

  constructor(plan: MonitoredAgentsPlan, { want, series, fields, outcomes, loads, startNs }: BookScene) {
    this.#agent = want(...fields.agent);
    this.#from = want('from');
    this.#group = want(...plan.group);
    this.#command = want(...plan.command);
    this.#token = want(...plan.token);
    this.#series = series;
    this.#loads = loads;
    this.#roles = agentRoles(plan, series);
    this.#groups = new LabelTable(plan['max-groups']);
    this.#watch = new SightWatch(startNs);
    this.#crowd = new AgentCrowd(plan, this.#watch);
    this.#commands = new CommandAccount({
      mostOpen: plan['max-commands'],
      mostGroups: plan['max-groups'],
      timeoutNs: plan['command-timeout'],
      outcomes,
    });
  }

  /** All that is kept of single agents, and of their commands, in bytes. */
  get bytes(): { readonly agents: number; readonly commands: number } {
    return { agents: this.#crowd.bytes, commands: this.#commands.bytes };
  }

  onEvent(event: ScannedEvent): void {
    const role = this.#roles.of(event);
    const isLetter = role === TALK && this.#letter.read(event.buffer, event.subjectStart, event.subjectEnd);
    const speaker = isLetter && isName(event, this.#from) ? this.#from : this.#agent;
    const isNamed = isName(event, speaker);
    if (role === COMMAND || role === RESULT) this.#onCommand(event, role, isNamed);
    if (!isNamed || role === COMMAND) return;
    this.#watch.onTime(event.receivedNs);
    this.#setKey(event, AGENT_KEY, speaker);
    const crowd = this.#crowd;
    let slot = crowd.find(this.#key);
    if (role === LEAVING) {
      if (slot !== NONE) crowd.leave(slot);
      return;
    }
    const rank = isName(event, this.#group) ? BY_FIELD : role === HEARTBEAT ? BY_HEARTBEAT : BY_EVENT;
    if (slot === NONE) {
      slot = crowd.welcome(this.#key, this.#groupOf(event), rank, event.receivedNs);
    } else {
      crowd.hear(slot, event.receivedNs);
      // A group that is told by a field may change; any other is found once.
      if (rank === BY_FIELD || rank > crowd.groupRankOf(slot))
        crowd.regroup(slot, this.#groupOf(event), rank);
    }
    if (role === HEARTBEAT) crowd.beat(event, slot);
  }

  tick(nowNs: number): void {
    this.#watch.onTime(nowNs);
    if (!this.#watch.isSeeing) return;
    this.#commands.expire(nowNs);
    this.#crowd.tick(nowNs);
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.#watch.onSight(isSeeing, nowNs);
  }

  *families(): Iterable<MetricFamily> {
    yield* this.#crowd.families(this.#groups.names);
    yield* this.#commands.families(this.#groups.names);
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
    return this.#groups.indexOfText(this.#series.domainOf(event));
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
