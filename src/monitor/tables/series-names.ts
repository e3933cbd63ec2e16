/** What the series are called, by their index; see SeriesTable. */
export interface SeriesNames {
  readonly domains: readonly string[];
  readonly types: readonly string[];
}

/** Something that is known of each series by its names alone: found out once, then a look into a column. */
export class SeriesColumn {
  readonly #names: SeriesNames;
  readonly #findOut: (domain: string, type: string) => number;
  #values = new Int32Array(0);

  /** @param findOut a whole number above −2^31 */
  constructor(names: SeriesNames, findOut: (domain: string, type: string) => number) {
    this.#names = names;
    this.#findOut = findOut;
  }

  /** The hot path. */
  of(series: number): number {
    const value = series < this.#values.length ? this.#values[series]! : UNKNOWN;
    return value === UNKNOWN ? this.#add(series) : value;
  }

  #add(series: number): number {
    if (series >= this.#values.length) {
      const larger = new Int32Array(Math.max(64, 2 * series + 2)).fill(UNKNOWN);
      larger.set(this.#values);
      this.#values = larger;
    }
    const value = this.#findOut(this.#names.domains[series] ?? '', this.#names.types[series] ?? '');
    this.#values[series] = value;
    return value;
  }
}

const UNKNOWN = -(2 ** 31);
