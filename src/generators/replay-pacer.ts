import type { Arrival } from '../contracts/plan/schedule.js';
import type { Pacer } from './pacer.js';
import { changedSincePlanned } from './records/changed-since-planned.js';
import type { FilePlace } from './records/line-reader.js';
import { RecordReader } from './records/record-reader.js';
import { recordTimeNs } from './records/record-time.js';

/** Due times that are read, and kept, together: few enough that reading them holds nothing up. */
const PAGE = 1024;
/** Pages that are kept, up to 32 MB: half a minute of 130,000 records a second, as long as a load may be held up. */
const PAGES_KEPT = 4096;

/** A stretch of due times, and where in the file it begins. */
interface Page {
  readonly place: FilePlace;
  /** Of its first operation. */
  readonly firstNs: number;
  /** Absent while it is not kept: it can be read again. */
  dueNs: Float64Array | undefined;
}

/**
 * The records of a file are due as far apart as they happened, `speed` times as fast. The file is read as the load goes
 * on, a little ahead of it; of the times behind, as many are kept as a load that is late asks for.
 */
export class ReplayPacer implements Pacer {
  readonly total: number;
  readonly limit: number;
  readonly endNs: number;
  readonly #arrival: Extract<Arrival, { kind: 'replay' }>;
  readonly #time: string;
  readonly #workers: number;
  readonly #originNs: number;
  readonly #pages: Page[] = [];
  /** Those whose times are kept, in the order in which they were read. */
  readonly #kept: Page[] = [];
  /** Where the page after the last one begins. */
  #frontier: FilePlace;

  /** Throws an `inconclusive` error when the file is not what it was when it was planned. */
  constructor(arrival: Extract<Arrival, { kind: 'replay' }>, worker: number, workers: number) {
    const { file, speed } = arrival;
    if (file.time === undefined) throw new RangeError('a file without times cannot be replayed');
    this.#arrival = arrival;
    this.#time = file.time;
    this.#workers = workers;
    this.total = Math.max(0, Math.ceil((file.records - worker) / workers));
    this.limit = this.total;
    this.endNs = file.spanNs / speed;
    const { originNs, place } = this.#withReader((reader) => {
      const first = reader.place;
      reader.skip();
      const originNs = recordTimeNs(reader, this.#time);
      reader.goTo(first);
      skip(reader, worker);
      return { originNs, place: reader.place };
    });
    this.#originNs = originNs;
    this.#frontier = place;
    if (this.total > 0) this.#addPage();
  }

  dueNs(operation: number): number {
    const at = Math.floor(operation / PAGE);
    while (this.#pages.length <= at) this.#addPage();
    const page = this.#pages[at]!;
    if (page.dueNs === undefined) this.#keep(page, this.#read(page.place, at).dueNs);
    return page.dueNs![operation % PAGE]!;
  }

  countDue(elapsedNs: number): number {
    if (elapsedNs < 0) return 0;
    if (elapsedNs >= this.endNs || this.total === 0) return this.total;
    const pages = this.#pages;
    while (pages.length * PAGE < this.total && pages.at(-1)!.firstNs <= elapsedNs) this.#addPage();
    let at = pages.length - 1;
    while (at > 0 && pages[at]!.firstNs > elapsedNs) at--;
    let low = at * PAGE;
    let high = Math.min(this.total, low + PAGE);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.dueNs(middle) <= elapsedNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #addPage(): void {
    const place = this.#frontier;
    const { dueNs, next } = this.#read(place, this.#pages.length);
    const page: Page = { place, firstNs: dueNs[0]!, dueNs: undefined };
    this.#frontier = next;
    this.#pages.push(page);
    this.#keep(page, dueNs);
  }

  #keep(page: Page, dueNs: Float64Array): void {
    page.dueNs = dueNs;
    this.#kept.push(page);
    if (this.#kept.length > PAGES_KEPT) this.#kept.shift()!.dueNs = undefined;
  }

  /** The due times of a page that begins there, and where the next one does. */
  #read(place: FilePlace, at: number): { readonly dueNs: Float64Array; readonly next: FilePlace } {
    const dueNs = new Float64Array(Math.min(PAGE, this.total - at * PAGE));
    const { speed } = this.#arrival;
    return this.#withReader((reader) => {
      reader.goTo(place);
      for (let i = 0; i < dueNs.length; i++) {
        if (!reader.skip()) throw new Error('it has fewer records');
        dueNs[i] = (recordTimeNs(reader, this.#time) - this.#originNs) / speed;
        skip(reader, this.#workers - 1);
      }
      return { dueNs, next: reader.place };
    });
  }

  #withReader<T>(work: (reader: RecordReader) => T): T {
    const { file } = this.#arrival;
    return changedSincePlanned(file, () => {
      const reader = new RecordReader(file);
      try {
        return work(reader);
      } finally {
        reader.close();
      }
    });
  }
}

/** Passes over the records of other workers. */
function skip(reader: RecordReader, count: number): void {
  for (let i = 0; i < count; i++) reader.skip();
}
