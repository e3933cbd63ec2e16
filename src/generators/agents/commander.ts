import { NS } from '../../base/clock.js';
import type { Random } from '../../base/random.js';

export interface CommanderOptions {
  /** Commands a second to the agents of this worker. */
  readonly perSec: number;
  /** How many agents there are. */
  readonly agents: number;
  readonly random: Random;
  /** Sends a command, due then, to an agent. */
  readonly send: (agent: number, dueNs: number) => void;
}

/** Sends commands at a constant rate, each to an agent drawn by the seed, whatever becomes of those before. */
export class Commander {
  readonly #options: CommanderOptions;
  readonly #everyNs: number;
  #firstNs = 0;
  #endNs = 0;
  #sent = 0;

  constructor(options: CommanderOptions) {
    this.#options = options;
    this.#everyNs = NS.s / options.perSec;
  }

  /** The first command is due somewhere in the first interval, so that workers do not go in step. */
  begin(startNs: number, endNs: number): void {
    this.#firstNs = startNs + this.#options.random.next() * this.#everyNs;
    this.#endNs = endNs;
  }

  end(nowNs: number): void {
    this.#endNs = Math.min(this.#endNs, nowNs);
  }

  /** When the next command is due; Infinity when there is none. */
  get nextNs(): number {
    const dueNs = this.#firstNs + this.#sent * this.#everyNs;
    return dueNs <= this.#endNs ? dueNs : Number.POSITIVE_INFINITY;
  }

  beat(nowNs: number): void {
    const { agents, random, send } = this.#options;
    for (let dueNs = this.nextNs; dueNs <= nowNs; dueNs = this.nextNs) {
      this.#sent++;
      send(random.below(agents), dueNs);
    }
  }
}
