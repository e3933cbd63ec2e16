import type { CheckSet } from '../contracts/checker.js';
import type { History } from '../contracts/history.js';
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

/** What a check came across: how often, when, and the first stories of it. */
export class Sightings<Kind extends string> {
  readonly #kinds: Readonly<Record<Kind, SightingKind>>;
  readonly #startNs: number;
  readonly #counts = new Map<Kind, number>();
  readonly #seconds = new Map<Kind, Map<number, number>>();
  readonly #stories = new Map<Kind, string[]>();

  /** @param kinds most serious first */
  constructor({ startNs }: Pick<History, 'startNs'>, kinds: Readonly<Record<Kind, SightingKind>>) {
    this.#kinds = kinds;
    this.#startNs = startNs;
  }

  /** @param tell the story; asked only while there is room for it */
  add(kind: Kind, atNs: number, tell?: () => string): void {
    this.#counts.set(kind, this.count(kind) + 1);
    const seconds = this.#seconds.get(kind) ?? new Map<number, number>();
    this.#seconds.set(kind, seconds);
    const second = Math.max(0, Math.floor((atNs - this.#startNs) / NS_PER_SEC));
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
    if (tell === undefined) return;
    const stories = this.#stories.get(kind) ?? [];
    this.#stories.set(kind, stories);
    if (stories.length < MOST_STORIES) stories.push(tell());
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

  /** The first stories, a few of each kind before many of the first. */
  get examples(): string[] {
    const told = this.#names.flatMap((kind) => this.#stories.get(kind) ?? []);
    if (told.length <= MOST_STORIES) return told;
    const rows = this.#names.flatMap((kind) =>
      (this.#stories.get(kind) ?? []).map((story, at) => ({ story, at })),
    );
    const within = rows
      .map(({ at }) => at)
      .sort((a, b) => a - b)
      .at(MOST_STORIES)!;
    return rows
      .filter(({ at }) => at <= within)
      .map(({ story }) => story)
      .slice(0, MOST_STORIES);
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
