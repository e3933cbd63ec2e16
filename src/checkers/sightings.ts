import type { CheckSet } from '../contracts/checker.js';
import type { History } from '../contracts/history.js';
import { ExampleChooser } from './example-chooser.js';
import { holdsFault } from './story-parts.js';
import { MOST_STORIES } from './tell-story.js';

/** No set has more places on the timeline than this: seconds are put together beyond. */
const MOST_PLACES = 600;
const NS_PER_SEC = 1e9;

/** One kind of thing that a check may come across. */
export interface SightingKind {
  /** As it reads behind a number: `stale gets`. */
  readonly name: string;
  readonly meaning: CheckSet['meaning'];
}

/** What a check came across: how often, when, and examples of it. */
export class Sightings<Kind extends string> {
  readonly #kinds: Readonly<Record<Kind, SightingKind>>;
  readonly #history: Pick<History, 'startNs' | 'faults'>;
  readonly #counts = new Map<Kind, number>();
  readonly #seconds = new Map<Kind, Map<number, number>>();
  readonly #examples = new Map<Kind, ExampleChooser<() => string>>();

  /** @param kinds most serious first */
  constructor(history: Pick<History, 'startNs' | 'faults'>, kinds: Readonly<Record<Kind, SightingKind>>) {
    this.#kinds = kinds;
    this.#history = history;
  }

  /** @param tell the story; asked at the end, if at all: what it tells must not change until then */
  add(kind: Kind, atNs: number, tell?: () => string): void {
    this.#counts.set(kind, this.count(kind) + 1);
    const seconds = this.#seconds.get(kind) ?? new Map<number, number>();
    this.#seconds.set(kind, seconds);
    const second = Math.max(0, Math.floor((atNs - this.#history.startNs) / NS_PER_SEC));
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
    if (tell === undefined) return;
    const examples = this.#examples.get(kind) ?? new ExampleChooser();
    this.#examples.set(kind, examples);
    examples.offer(tell, holdsFault(atNs, this.#history));
  }

  count(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** How many there were that break a promise. */
  get violations(): number {
    return this.#names
      .filter((kind) => this.#kinds[kind].meaning === 'violation')
      .reduce((sum, kind) => sum + this.count(kind), 0);
  }

  /** By kind; 0 for what there was none of. */
  get counts(): Record<Kind, number> {
    return Object.fromEntries(this.#names.map((kind) => [kind, this.count(kind)])) as Record<Kind, number>;
  }

  /** Of what there was, in the order of the kinds. */
  get sets(): CheckSet[] {
    return this.#names
      .filter((kind) => this.count(kind) > 0)
      .map((kind) => ({
        ...this.#kinds[kind],
        count: this.count(kind),
        overTime: placesOf(this.#seconds.get(kind)!),
      }));
  }

  /** All stories, where they are few; else some from the first to the last, a few of each kind before many of one. */
  get examples(): string[] {
    const choosers = this.#names.flatMap((kind) => this.#examples.get(kind) ?? []);
    const shares = choosers.map(() => 0);
    let left = MOST_STORIES;
    for (let row = 0; row < MOST_STORIES; row++) {
      for (const [i, { count }] of choosers.entries()) {
        if (left === 0 || count <= row) continue;
        shares[i]!++;
        left--;
      }
    }
    return choosers.flatMap((chooser, i) => chooser.choose(shares[i]!).map((tell) => tell()));
  }

  /** `3 lost writes, 1 wrong value`: of one meaning, what there was. */
  listed(meaning: CheckSet['meaning'], format: (count: number) => string): string {
    return this.#names
      .filter((kind) => this.#kinds[kind].meaning === meaning && this.count(kind) > 0)
      .map((kind) => `${format(this.count(kind))} ${this.#kinds[kind].name}`)
      .join(', ');
  }

  get #names(): Kind[] {
    return Object.keys(this.#kinds) as Kind[];
  }
}

function placesOf(seconds: ReadonlyMap<number, number>): [number, number][] {
  let places = [...seconds].sort(([a], [b]) => a - b);
  for (let width = 2; places.length > MOST_PLACES; width *= 2) {
    const wider = new Map<number, number>();
    for (const [second, count] of places) {
      const from = second - (second % width);
      wider.set(from, (wider.get(from) ?? 0) + count);
    }
    places = [...wider];
  }
  return places;
}
