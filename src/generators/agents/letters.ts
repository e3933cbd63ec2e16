import type { AgentTable } from './agent-table.js';

const NONE = -1;
const FIRST_LETTERS = 1024;

/**
 * Commands and questions that have come to agents and are not answered yet, in columns. Each agent works on one of them;
 * the others wait in a list of its own.
 */
export class Letters {
  /** The agent that asked; −1 for the commander. */
  from = new Int32Array(FIRST_LETTERS);
  /** Which question it is, among those of the asker's worker. */
  slot = new Int32Array(FIRST_LETTERS);
  generation = new Uint32Array(FIRST_LETTERS);
  #next = new Int32Array(FIRST_LETTERS);
  #free = NONE;
  #made = 0;
  #open = 0;
  readonly #table: AgentTable;
  readonly #most: number;

  /** @param most letters beyond so many are thrown away */
  constructor(table: AgentTable, most: number) {
    this.#table = table;
    this.#most = most;
  }

  /** How many are not answered. */
  get open(): number {
    return this.#open;
  }

  /** Hands a letter to an agent; false when there is no room for it. */
  add(agent: number, from: number, slot: number, generation: number): boolean {
    const letter = this.#take();
    if (letter === NONE) return false;
    this.#open++;
    this.from[letter] = from;
    this.slot[letter] = slot;
    this.generation[letter] = generation;
    this.#next[letter] = NONE;
    const { firstWaiting, lastWaiting } = this.#table;
    const last = lastWaiting[agent]!;
    if (last === NONE) firstWaiting[agent] = letter;
    else this.#next[last] = letter;
    lastWaiting[agent] = letter;
    return true;
  }

  /** Lets the agent work on the letter that has waited longest; false when it has one, or none waits. */
  begin(agent: number): boolean {
    const { letter, firstWaiting, lastWaiting } = this.#table;
    const first = firstWaiting[agent]!;
    if (letter[agent] !== NONE || first === NONE) return false;
    letter[agent] = first;
    const next = this.#next[first]!;
    firstWaiting[agent] = next;
    if (next === NONE) lastWaiting[agent] = NONE;
    return true;
  }

  /** The agent is done with the letter that it works on. */
  end(agent: number): void {
    const { letter } = this.#table;
    this.#giveBack(letter[agent]!);
    letter[agent] = NONE;
  }

  /** The agent is gone, and its letters with it. */
  discard(agent: number): void {
    if (this.#table.letter[agent] !== NONE) this.end(agent);
    while (this.begin(agent)) this.end(agent);
  }

  #take(): number {
    if (this.#free !== NONE) {
      const letter = this.#free;
      this.#free = this.#next[letter]!;
      return letter;
    }
    if (this.#made === this.#most) return NONE;
    if (this.#made === this.from.length) this.#grow();
    return this.#made++;
  }

  #giveBack(letter: number): void {
    this.#open--;
    this.#next[letter] = this.#free;
    this.#free = letter;
  }

  #grow(): void {
    const size = 2 * this.from.length;
    const larger = <T extends Int32Array | Uint32Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.from = larger(new Int32Array(size), this.from);
    this.slot = larger(new Int32Array(size), this.slot);
    this.generation = larger(new Uint32Array(size), this.generation);
    this.#next = larger(new Int32Array(size), this.#next);
  }
}
