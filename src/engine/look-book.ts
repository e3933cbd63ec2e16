/** About an hour of looks, one a second. */
const MOST_LOOKS = 4096;

/**
 * What was seen of one thing, in order. However long a run is, it keeps a bounded number of looks: when it is full, it
 * gives up every second of those that tell nothing new, because what was seen goes the same way before and after them.
 * Each change of direction stays, with the looks on both sides of it; and so do the first and the last look.
 */
export class LookBook<Look> {
  readonly #turns: (before: Look, after: Look) => boolean;
  readonly #most: number;
  #looks: Look[] = [];

  /** @param turns whether from one look to the next something else happened than more of the same */
  constructor(turns: (before: Look, after: Look) => boolean, most = MOST_LOOKS) {
    this.#turns = turns;
    this.#most = most;
  }

  get looks(): readonly Look[] {
    return this.#looks;
  }

  get last(): Look | undefined {
    return this.#looks.at(-1);
  }

  add(look: Look): void {
    if (this.#looks.length >= this.#most) this.#thinOut();
    // What turns at every look has shown that it does: its latest state takes the place of the one before.
    if (this.#looks.length >= this.#most) this.#looks.pop();
    this.#looks.push(look);
  }

  #thinOut(): void {
    const looks = this.#looks;
    const turnsAt = (i: number): boolean =>
      i <= 0 || i >= looks.length || this.#turns(looks[i - 1]!, looks[i]!);
    let dull = 0;
    this.#looks = looks.filter((_, i) => turnsAt(i) || turnsAt(i + 1) || dull++ % 2 === 0);
  }
}
