import { NS } from '../../../src/base/clock.js';
import { DEFAULT_EVENT_READING } from '../../../src/contracts/event-reading.js';
import type { MetricSample } from '../../../src/contracts/metric.js';
import type { BookScene } from '../../../src/monitor/books.js';
import type { ErrorReason } from '../../../src/monitor/events/error-reasons.js';
import { JsonFields, SCAN } from '../../../src/monitor/events/json-fields.js';
import { OutcomeWords } from '../../../src/monitor/events/outcome-words.js';
import { type EventBook, FIELD, type ScannedEvent } from '../../../src/monitor/events/scanned-event.js';
import { SeriesTable } from '../../../src/monitor/series-table.js';

export const START_NS = 1000 * NS.s;

export interface TestEvent {
  /** Received so long after the start. */
  readonly atMs: number;
  /** Happened so long before that; absent: nobody knows. */
  readonly lagMs?: number;
  readonly domain?: string;
  readonly type: string;
  /** Further tokens of the subject. */
  readonly tail?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly load?: number;
}

/** A book, and the events that it is told of, read as the monitor reads them. */
export class BookUnderTest<T extends EventBook> {
  readonly book: T;
  readonly errors: { readonly type: string; readonly reason: ErrorReason }[] = [];
  readonly #fields = new JsonFields();
  readonly #series = new SeriesTable({ domainToken: 2, typeToken: 3 }, 'cim.events.>', 1000);
  readonly #words = new OutcomeWords(DEFAULT_EVENT_READING);
  readonly #outcome: number;
  /** The series of the event that the book is told of. */
  #told = 0;

  constructor(make: (scene: BookScene) => T, loads: readonly string[] = ['unknown']) {
    this.#outcome = this.#fields.want('outcome');
    this.book = make({
      want: this.#fields.want,
      series: this.#series,
      fields: DEFAULT_EVENT_READING.fields,
      outcomes: this.#words.names,
      loads,
      section: () => undefined,
      countError: (reason) => this.errors.push({ type: this.#series.types[this.#told]!, reason }),
      startNs: START_NS,
    });
  }

  tell({ atMs, lagMs, domain = 'orders', type, tail = '', fields = {}, load = 0 }: TestEvent): void {
    const subject = `cim.events.${domain}.${type}${tail}`;
    const buffer = Buffer.from(`${subject} ${JSON.stringify(fields)}      `);
    const start = Buffer.byteLength(subject) + 1;
    const scan = this.#fields;
    const data = new DataView(buffer.buffer);
    if (scan.scan(buffer, data, buffer.byteOffset, start, buffer.length) !== SCAN.ok)
      throw new Error('no JSON');
    const series = this.#series.find(buffer, 0, start - 1);
    this.#told = series;
    const word = this.#outcome;
    const said =
      scan.kinds[word] === FIELD.text ? this.#words.ofWord(buffer, scan.starts[word]!, scan.ends[word]!) : -1;
    const event: ScannedEvent = {
      buffer,
      series,
      domain: this.#series.domainIndex[series]!,
      subjectStart: 0,
      subjectEnd: start - 1,
      receivedNs: START_NS + atMs * NS.ms,
      lagNs: lagMs === undefined ? -1 : lagMs * NS.ms,
      outcome: said >= 0 ? said : this.#words.ofType(type),
      load,
      traceStart: -1,
      fieldKinds: scan.kinds,
      fieldStarts: scan.starts,
      fieldEnds: scan.ends,
      fieldNumbers: scan.numbers,
    };
    this.book.onEvent(event);
  }

  tick(atMs: number): void {
    this.book.tick(START_NS + atMs * NS.ms);
  }

  samples(name: string): MetricSample[] {
    return [...this.book.families()].flatMap((each) => (each.name === name ? [...each.samples] : []));
  }

  /** The figure with these labels; undefined when it is not shown. */
  figure(name: string, labels: Readonly<Record<string, string>> = {}, suffix?: string): number | undefined {
    const found = this.samples(name).filter(
      (sample) =>
        sample.suffix === suffix &&
        Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
    );
    if (found.length > 1) throw new Error(`${found.length} samples of ${name} have these labels`);
    return found[0]?.value;
  }

  /** Of all labels together. */
  sum(name: string, suffix?: string): number {
    return this.samples(name).reduce((sum, each) => sum + (each.suffix === suffix ? each.value : 0), 0);
  }
}
