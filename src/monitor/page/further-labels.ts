type Labels = Readonly<Record<string, string>>;

/**
 * The labels of series with one more, each made once: those that are made for every page cost the garbage collector more than
 * all else of it, and no event is received meanwhile.
 */
export class FurtherLabels {
  readonly #name: string;
  /** By value of the further label, and series. */
  readonly #made = new Map<string, Labels[]>();

  constructor(name: string) {
    this.#name = name;
  }

  /** @param labels of the series */
  of(series: number, labels: Labels, value: string): Labels {
    let made = this.#made.get(value);
    if (made === undefined) {
      made = [];
      this.#made.set(value, made);
    }
    made[series] ??= { ...labels, [this.#name]: value };
    return made[series];
  }
}
