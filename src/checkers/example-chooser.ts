/** As many of a sample as this are held: no more than that, and at least half of it when there were more. */
const MOST_HELD = 64;
/** The first and the last of all are held, so many each. */
const MOST_AT_ENDS = 4;
/** Of the places that are to be given, so many go to the first, and as many to the last. */
const PART_AT_AN_END = 1 / 8;

/** Every n-th of what it is offered, where n doubles whenever it holds too many. */
class EvenSample<T> {
  readonly items: T[] = [];
  /** Which of all offered to the chooser. */
  readonly numbers: number[] = [];
  #offered = 0;
  #stride = 1;

  offer(number: number, item: T): void {
    if (this.#offered++ % this.#stride !== 0) return;
    // The one at hand is at a multiple of the doubled stride, too: 64 is even.
    if (this.items.length === MOST_HELD) this.#thinOut();
    this.items.push(item);
    this.numbers.push(number);
  }

  #thinOut(): void {
    for (let i = 0; 2 * i < MOST_HELD; i++) {
      this.items[i] = this.items[2 * i]!;
      this.numbers[i] = this.numbers[2 * i]!;
    }
    this.items.length = MOST_HELD / 2;
    this.numbers.length = MOST_HELD / 2;
    this.#stride *= 2;
  }
}

/**
 * Chooses examples of what may be found a million times: the first few, the last few, and evenly between, about half of these
 * among the preferred. The same offers give the same choice; memory is bounded.
 */
export class ExampleChooser<T> {
  #count = 0;
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  readonly #all = new EvenSample<T>();
  readonly #preferred = new EvenSample<T>();

  /** How many were offered. */
  get count(): number {
    return this.#count;
  }

  offer(item: T, isPreferred = false): void {
    const number = this.#count++;
    if (number < MOST_AT_ENDS) this.#first.push(item);
    this.#last[number % MOST_AT_ENDS] = item;
    this.#all.offer(number, item);
    if (isPreferred) this.#preferred.offer(number, item);
  }

  /**
   * All, where there are no more than `most`, else as many as that; in the order in which they were offered.
   *
   * @param most 32 at the most
   */
  choose(most: number): T[] {
    if (this.#count <= most) return [...this.#all.items];
    const chosen = new Map<number, T>();
    const atAnEnd = Math.min(MOST_AT_ENDS, Math.ceil(most * PART_AT_AN_END));
    for (let i = 0; i < atAnEnd; i++) chosen.set(i, this.#first[i]!);
    for (let i = this.#count - Math.min(atAnEnd, most - atAnEnd); i < this.#count; i++)
      chosen.set(i, this.#last[i % MOST_AT_ENDS]!);
    addEvenly(chosen, this.#preferred, Math.ceil((most - chosen.size) / 2));
    addEvenly(chosen, this.#all, most - chosen.size);
    return [...chosen].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}

/** Those that are chosen already are no candidates. */
function addEvenly<T>(chosen: Map<number, T>, { items, numbers }: EvenSample<T>, places: number): void {
  const candidates = [...items.keys()].filter((at) => !chosen.has(numbers[at]!));
  const wanted = Math.min(places, candidates.length);
  for (let i = 0; i < wanted; i++) {
    const at = candidates[Math.floor(((i + 0.5) * candidates.length) / wanted)]!;
    chosen.set(numbers[at]!, items[at]!);
  }
}
