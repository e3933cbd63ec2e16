/** How many different texts are kept apart. */
const MOST_TEXTS = 20;

/** What went wrong with spans, counted by its text. */
export class TroubleBook {
  readonly #counts = new Map<string, number>();

  add(text: string, count = 1): void {
    const kept = this.#counts.has(text) || this.#counts.size < MOST_TEXTS ? text : 'other';
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
  }

  get all(): readonly { readonly text: string; readonly count: number }[] {
    return [...this.#counts].map(([text, count]) => ({ text, count }));
  }
}
