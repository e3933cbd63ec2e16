/** How much memory several have together, in words of four bytes; what was taken is not given back. */
export class WordBudget {
  #left: number;

  constructor(words: number) {
    this.#left = words;
  }

  /** Takes so many words; false, and nothing is taken, where fewer are left. */
  take(words: number): boolean {
    if (words > this.#left) return false;
    this.#left -= words;
    return true;
  }
}
