import type { MetricFamily, MetricSample } from '../../contracts/metric.js';

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly source: string;
  readonly samples: MetricSample[];
}

/** Figures as they are found, put together by metric. Of one figure with the same labels the last counts. */
export class FamilyBook {
  readonly #families = new Map<string, Family>();
  readonly #places = new Map<string, number>();
  readonly #source: string;

  /** @param source the page that is read */
  constructor(source: string) {
    this.#source = source;
  }

  add(type: 'counter' | 'gauge', name: string, help: string, labels: Labels, value: number): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { name, type, help, labels: Object.keys(labels), source: this.#source, samples: [] };
      this.#families.set(name, family);
    }
    const identity = `${name}\0${Object.values(labels).join('\0')}`;
    const place = this.#places.get(identity);
    if (place !== undefined) family.samples[place] = { labels, value };
    else this.#places.set(identity, family.samples.push({ labels, value }) - 1);
  }

  get families(): Iterable<MetricFamily> {
    return this.#families.values();
  }
}

/** The families of several books, those of one name as one. */
export function* mergeFamilies(books: Iterable<FamilyBook>): Iterable<MetricFamily> {
  const byName = new Map<string, [MetricFamily, ...MetricFamily[]]>();
  for (const book of books) {
    for (const family of book.families) {
      const known = byName.get(family.name);
      if (known === undefined) byName.set(family.name, [family]);
      else known.push(family);
    }
  }
  for (const same of byName.values()) yield { ...same[0], samples: samplesOf(same) };
}

function* samplesOf(families: readonly MetricFamily[]): Iterable<MetricSample> {
  for (const { samples } of families) yield* samples;
}
