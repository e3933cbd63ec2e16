import type { RecordFilePlan } from '../../contracts/plan/record-file.js';
import { changedSincePlanned } from './changed-since-planned.js';
import { RecordReader } from './record-reader.js';

/** The records of a file that are one worker's: record i is that of worker i modulo their number. */
export class RecordSource {
  readonly reader: RecordReader;
  readonly #file: RecordFilePlan;
  readonly #workers: number;
  /** Records to pass over before the next of ours. */
  #others: number;

  /** Throws an `inconclusive` error when the file is not what it was when it was planned. */
  constructor(file: RecordFilePlan, worker: number, workers: number) {
    this.#file = file;
    this.#workers = workers;
    this.#others = worker;
    this.reader = changedSincePlanned(file, () => new RecordReader(file));
  }

  /** Comes to this worker's next record; false when the file has ended and does not begin anew. */
  next(): boolean {
    return changedSincePlanned(this.#file, () => {
      for (; this.#others > 0; this.#others--) if (!this.#advance(true)) return false;
      this.#others = this.#workers - 1;
      return this.#advance(false);
    });
  }

  /** Passes over this worker's next record; false when there is none. */
  skip(): boolean {
    return changedSincePlanned(this.#file, () => {
      for (; this.#others > 0; this.#others--) if (!this.#advance(true)) return false;
      this.#others = this.#workers - 1;
      return this.#advance(true);
    });
  }

  /** The value of the field that names the type of the record at hand. */
  typeOf(field: string): string {
    return changedSincePlanned(this.#file, () => String(this.reader.field(field)));
  }

  close(): void {
    this.reader.close();
  }

  #advance(isOthers: boolean): boolean {
    const { reader } = this;
    const step = () => (isOthers ? reader.skip() : reader.next());
    if (step()) return true;
    if (!this.#file.repeat) return false;
    reader.goTo();
    return step();
  }
}
