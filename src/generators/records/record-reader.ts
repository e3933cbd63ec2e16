import type { RecordFilePlan } from '../../contracts/plan/record-file.js';
import { cellJson, csvCells } from './csv-row.js';
import { type FilePlace, LineReader } from './line-reader.js';
import { RecordError } from './record-error.js';

export type RecordFile = Pick<RecordFilePlan, 'path' | 'format' | 'column'>;

/**
 * The records of a file, one after the other. The payload of the one at hand lies in `bytes` from `start` to `end`,
 * until the next call.
 */
export class RecordReader {
  bytes: Uint8Array;
  start = 0;
  end = 0;
  readonly #file: RecordFile;
  readonly #lines: LineReader;
  readonly #header: readonly string[];
  readonly #columnAt: number;
  /** `{"id":`, `,"total":`, …: what stands before each cell of a row that becomes a JSON object. */
  readonly #keys: readonly string[];
  readonly #first: FilePlace;
  /** Of the record at hand; absent until they are asked for. */
  #cells: readonly string[] | undefined;
  #object: unknown;

  /** Opens the file; throws what `openSync` throws, and a RecordError for a header that does not name its columns. */
  constructor(file: RecordFile) {
    this.#file = file;
    this.#lines = new LineReader(file.path, file.format === 'csv');
    this.bytes = this.#lines.bytes;
    try {
      this.#header = file.format === 'csv' ? this.#readHeader() : [];
      this.#columnAt = file.column === undefined ? -1 : this.#columnNamed(file.column);
    } catch (error) {
      this.#lines.close();
      throw error;
    }
    this.#keys = this.#header.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    this.#first = this.#lines.place;
  }

  /** Where the record at hand begins, counted from 1. */
  get line(): number {
    return this.#lines.line;
  }

  /** Where the record after the one at hand begins. */
  get place(): FilePlace {
    return this.#lines.place;
  }

  /** Comes to the next record; false at the end of the file. Throws a RecordError. */
  next(): boolean {
    if (!this.skip()) return false;
    if (this.#file.format === 'csv') this.#makePayload();
    return true;
  }

  /** Comes to the next record without making its payload. */
  skip(): boolean {
    const lines = this.#lines;
    if (!lines.next()) return false;
    this.#cells = undefined;
    this.#object = undefined;
    this.bytes = lines.bytes;
    this.start = lines.start;
    this.end = lines.end;
    return true;
  }

  /** Begins anew, or goes on at a place. */
  goTo(place: FilePlace = this.#first): void {
    this.#lines.goTo(place);
  }

  /**
   * A field of the record at hand: a column, or a key of a JSON object (`meta.at` for one within another). Throws a
   * RecordError when there is none, or the record is no object.
   */
  field(name: string): unknown {
    const value = this.#file.format === 'csv' ? this.#row()[this.#columnNamed(name)] : this.#key(name);
    if (value === undefined || value === null || value === '') {
      throw new RecordError(this.line, `there is no \`${name}\` here`);
    }
    return value;
  }

  /** Throws a RecordError when the record at hand is not what its format says. */
  check(): void {
    if (this.#file.format === 'ndjson') this.#json();
    if (this.#file.format === 'csv') this.#row();
  }

  close(): void {
    this.#lines.close();
  }

  #readHeader(): readonly string[] {
    if (!this.#lines.next())
      throw new RecordError(0, 'it is empty: expected a first line with the names of its columns');
    const names = csvCells(this.#text(), 1);
    const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i);
    if (wrong === undefined) return names;
    throw new RecordError(1, wrong === '' ? 'a column has no name' : `two columns are named \`${wrong}\``);
  }

  #columnNamed(name: string): number {
    const at = this.#header.indexOf(name);
    if (at >= 0) return at;
    throw new RecordError(1, `there is no column \`${name}\`: its columns are ${this.#header.join(', ')}`);
  }

  #makePayload(): void {
    const row = this.#row();
    const text =
      this.#columnAt >= 0
        ? (row[this.#columnAt] as string)
        : `${row.map((cell, i) => `${this.#keys[i]}${cellJson(cell)}`).join('')}}`;
    this.bytes = Buffer.from(text);
    this.start = 0;
    this.end = this.bytes.length;
  }

  #row(): readonly string[] {
    this.#cells ??= csvCells(this.#text(), this.line);
    if (this.#cells.length === this.#header.length) return this.#cells;
    const [has, expected] = [this.#cells.length, this.#header.length];
    throw new RecordError(
      this.line,
      `this row has ${has} cells, and the first line names ${expected} columns`,
    );
  }

  #key(name: string): unknown {
    let value = this.#json();
    for (const step of name.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
    return value;
  }

  #json(): unknown {
    if (this.#file.format !== 'ndjson') throw new RecordError(this.line, 'a plain line has no fields');
    try {
      this.#object ??= JSON.parse(this.#text());
    } catch {
      throw new RecordError(this.line, 'this line is not JSON');
    }
    return this.#object;
  }

  #text(): string {
    const { bytes, start, end } = this.#lines;
    return bytes.toString('utf8', start, end);
  }
}
