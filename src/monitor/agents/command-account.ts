import { NS } from '../../base/clock.js';
import type { MetricFamily } from '../../contracts/metric.js';
import type { ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { LAG_BOUNDS_S, LAG_COLUMNS } from '../lag-buckets.js';
import { LagExemplars } from '../lag-exemplars.js';
import { BucketRows } from '../tables/bucket-rows.js';
import { Figures } from '../tables/figures.js';
import { happenedNs, isAnew } from '../tables/happened.js';
import type { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { ENDED, FORGOTTEN, LifeTable, OPEN } from '../tables/life-table.js';

export interface CommandAccountOptions {
  readonly mostOpen: number;
  readonly mostGroups: number;
  readonly timeoutNs: number;
  /** The names of outcomes, by their number. */
  readonly outcomes: readonly string[];
}

/** What a result says that says nothing of how it ended. */
export const UNSTATED = 'unstated';

const ALWAYS_SHOWN = ['success', 'failure'];

/**
 * Commands and what came of them, by group. A command is answered once: what comes again is a copy, and a result may come
 * before its command.
 */
export class CommandAccount {
  readonly #options: CommandAccountOptions;
  readonly #lives: LifeTable;
  readonly #commands = new Figures();
  readonly #open = new Figures();
  readonly #forgotten = new Figures();
  /** By group and outcome. */
  readonly #results = new Figures();
  readonly #latencies = new BucketRows(LAG_BOUNDS_S);
  readonly #exemplars: LagExemplars;
  readonly #outcomes: readonly string[];

  constructor(options: CommandAccountOptions) {
    this.#options = options;
    this.#outcomes = [UNSTATED, ...options.outcomes];
    this.#exemplars = new LagExemplars(options.mostGroups + 1, LAG_COLUMNS);
    this.#lives = new LifeTable({
      mostOpen: options.mostOpen,
      mostEnded: options.mostOpen,
      onForgotten: (slot) => {
        const group = this.#lives.label[slot]!;
        this.#forgotten.add(group, 1);
        this.#open.add(group, -1);
      },
    });
  }

  /** All that is kept of single commands, in bytes. */
  get bytes(): number {
    return this.#lives.bytes;
  }

  /** @param named whether the key is that of this command, and not of all those to its agent */
  onCommand(event: ScannedEvent, key: KeyHash, group: number, named: boolean): void {
    const lives = this.#lives;
    const atNs = happenedNs(event);
    const slot = lives.find(key);
    if (slot === NONE) {
      lives.add(key, group, atNs, event.receivedNs);
    } else if (lives.state[slot] === OPEN) {
      // Of those to one agent that have no name, one at a time is measured.
      if (!named) this.#commands.add(group, 1);
      return;
    } else if (lives.state[slot] === ENDED && Number.isNaN(lives.beginNs[slot])) {
      this.#commands.add(group, 1);
      lives.beginNs[slot] = atNs;
      this.#observe(event, lives.label[slot]!, lives.newsNs[slot]! - atNs);
      // A copy of this command is not a new one, even where its clock is ahead of its result's.
      lives.newsNs[slot] = Math.max(lives.newsNs[slot]!, atNs);
      return;
    } else {
      if (named && !isAnew(event, lives.newsNs[slot]!)) return;
      lives.reopen(slot, group, atNs, event.receivedNs);
    }
    this.#commands.add(group, 1);
    this.#open.add(group, 1);
  }

  onResult(event: ScannedEvent, key: KeyHash, group: number, named: boolean): void {
    const lives = this.#lives;
    const slot = lives.find(key);
    if (slot === NONE) {
      this.#count(event, group);
      if (named) lives.addEnded(key, group, event.receivedNs);
      return;
    }
    const ofCommand = lives.label[slot]!;
    switch (lives.state[slot]) {
      case OPEN:
        this.#count(event, ofCommand);
        this.#open.add(ofCommand, -1);
        this.#observe(event, ofCommand, event.receivedNs - lives.beginNs[slot]!);
        lives.end(slot, event.receivedNs);
        break;
      case FORGOTTEN:
        this.#count(event, ofCommand);
        lives.state[slot] = ENDED;
        break;
      default:
        if (!named) this.#count(event, group);
    }
  }

  /** Those whose results took too long are not waited for. */
  expire(nowNs: number): void {
    const lives = this.#lives;
    for (
      let oldest = lives.oldest;
      oldest !== NONE && nowNs - lives.beginNs[oldest]! > this.#options.timeoutNs;
      oldest = lives.oldest
    ) {
      lives.forgetOldest(nowNs);
    }
  }

  *families(groups: readonly string[]): Iterable<MetricFamily> {
    const outcomes = this.#outcomes;
    const rows = [...groups.keys()].filter((row) => this.#commands.of(row) > 0);
    const results = groups.flatMap((group, row) =>
      outcomes.flatMap((outcome, i) => {
        const value = this.#results.of(row * outcomes.length + i);
        // Whoever is told something may succeed and fail.
        const isShown = value > 0 || (this.#commands.of(row) > 0 && ALWAYS_SHOWN.includes(outcome));
        return isShown ? [{ labels: { group, outcome }, value }] : [];
      }),
    );
    const samples = (figures: Figures) =>
      rows.map((row) => ({ labels: { group: groups[row]! }, value: figures.of(row) }));
    yield family('cim_agent_commands_total', samples(this.#commands));
    yield family('cim_agent_commands_open', samples(this.#open));
    yield family('cim_agent_commands_forgotten_total', samples(this.#forgotten));
    yield family('cim_agent_results_total', results);
    yield family(
      'cim_agent_command_latency_seconds',
      rows.flatMap((row) => {
        const exemplarOf = (column: number) => this.#exemplars.of(row, column);
        return this.#latencies.samples(row, { group: groups[row]! }, exemplarOf);
      }),
    );
  }

  /** @param event the later of the two, which is of the trace of both */
  #observe({ receivedNs, buffer, traceStart }: ScannedEvent, group: number, tookNs: number): void {
    const latencyNs = Math.max(0, tookNs);
    const column = this.#latencies.observe(group, latencyNs / NS.s);
    if (traceStart >= 0) this.#exemplars.keep(group, column, latencyNs, receivedNs, buffer, traceStart);
  }

  #count({ outcome }: ScannedEvent, group: number): void {
    this.#results.add(group * this.#outcomes.length + 1 + outcome, 1);
  }
}
