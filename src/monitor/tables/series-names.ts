import { OTHER } from '../series-table.js';

/** Whose names are asked for: an event, by its series and its subject. */
export interface NamedEvent {
  readonly series: number;
  readonly buffer: Uint8Array;
  readonly subjectStart: number;
  readonly subjectEnd: number;
}

/** Domain and type, as they are shown. */
export interface EventNames {
  readonly domain: string;
  readonly type: string;
}

/** What the series are called; see SeriesTable. */
export interface SeriesNames {
  /** Of one that has no series of its own, what its subject says: that allocates. */
  namesOf(event: NamedEvent): EventNames;
}

/** Of events without a series so many kinds are remembered; then it begins anew. */
const MOST_OTHERS = 10_000;
const UNKNOWN = -(2 ** 31);

/** Something that is known of each series by its names alone: found out once, then a look into a column. */
export class SeriesColumn {
  readonly #names: SeriesNames;
  readonly #findOut: (domain: string, type: string) => number;
  #values = new Int32Array(0);
  /** Of events for which there is no series: what they are to somebody does not depend on how many there may be. */
  readonly #others = new Map<string, number>();

  /** @param findOut a whole number above −2^31 */
  constructor(names: SeriesNames, findOut: (domain: string, type: string) => number) {
    this.#names = names;
    this.#findOut = findOut;
  }

  /** The hot path. */
  of(event: NamedEvent): number {
    const { series } = event;
    if (series === OTHER) return this.#ofOther(event);
    const value = series < this.#values.length ? this.#values[series]! : UNKNOWN;
    return value === UNKNOWN ? this.#add(event) : value;
  }

  #ofOther(event: NamedEvent): number {
    const { domain, type } = this.#names.namesOf(event);
    const key = `${domain}.${type}`;
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    if (this.#others.size === MOST_OTHERS) this.#others.clear();
    const value = this.#findOut(domain, type);
    this.#others.set(key, value);
    return value;
  }

  #add(event: NamedEvent): number {
    const { series } = event;
    if (series >= this.#values.length) {
      const larger = new Int32Array(Math.max(64, 2 * series + 2)).fill(UNKNOWN);
      larger.set(this.#values);
      this.#values = larger;
    }
    const { domain, type } = this.#names.namesOf(event);
    const value = this.#findOut(domain, type);
    this.#values[series] = value;
    return value;
  }
}
