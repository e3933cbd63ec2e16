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

/** Metrics that have the same labels: what they are called behind their prefix, and help. */
export interface Columns {
  readonly prefix: string;
  readonly names: readonly (readonly [name: string, help: string])[];
}

interface Row {
  readonly labels: Labels;
  /** One for each of the names; undefined for none. */
  readonly values: readonly (number | undefined)[];
}

/** Figures as they are found, put together by metric: one at a time, or in rows of which the samples are made when asked for. */
export class FamilyBook {
  readonly #families = new Map<string, Family>();
  readonly #tables = new Map<Columns, Row[]>();
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
    family.samples.push({ labels, value });
  }

  /** Gauges, of which no other row has the same labels. */
  addRow(columns: Columns, labels: Labels, values: Row['values']): void {
    const rows = this.#tables.get(columns);
    if (rows === undefined) this.#tables.set(columns, [{ labels, values }]);
    else rows.push({ labels, values });
  }

  *families(): Iterable<MetricFamily> {
    yield* this.#families.values();
    for (const [{ prefix, names }, rows] of this.#tables) {
      const labels = Object.keys(rows[0]?.labels ?? {});
      for (const [column, [name, help]] of names.entries()) {
        if (!rows.some(({ values }) => values[column] !== undefined)) continue;
        const samples = { [Symbol.iterator]: () => columnOf(rows, column) };
        yield { name: `${prefix}_${name}`, type: 'gauge', help, labels, source: this.#source, samples };
      }
    }
  }
}

function* columnOf(rows: readonly Row[], column: number): Iterator<MetricSample> {
  for (const { labels, values } of rows) {
    const value = values[column];
    if (value !== undefined) yield { labels, value };
  }
}

/** The families of several books, those of one name as one. */
export function* mergeFamilies(books: Iterable<FamilyBook>): Iterable<MetricFamily> {
  const byName = new Map<string, [MetricFamily, ...MetricFamily[]]>();
  for (const book of books) {
    for (const family of book.families()) {
      const known = byName.get(family.name);
      if (known === undefined) byName.set(family.name, [family]);
      else known.push(family);
    }
  }
  for (const same of byName.values())
    yield { ...same[0], samples: { [Symbol.iterator]: () => samplesOf(same) } };
}

function* samplesOf(families: readonly MetricFamily[]): Iterator<MetricSample> {
  for (const { samples } of families) yield* samples;
}
