import { wallNow } from '../base/clock.js';
import type { UndoOutcome, UndoRecord } from '../contracts/undo.js';
import { DurableLines, readLines } from './durable-lines.js';

/** Who carried an undo out. */
export type UndoneBy = 'run' | 'watchdog' | 'recover';

type LogLine =
  | { readonly record: UndoRecord }
  | {
      readonly id: string;
      readonly outcome: { readonly undone: boolean; readonly detail: string };
      readonly by: UndoneBy;
      readonly time: string;
    };

/**
 * undo.ndjson: what a run does, as the records that undo it, and what became of them. A record is on the disk when
 * `append` returns, so it is called before the thing is done. The process that lives appends; after its death, the
 * one that holds the run's lock.
 */
export class UndoLog {
  readonly path: string;
  /** The log was there before it was opened. */
  readonly existed: boolean;
  /** Numbers of whole lines that cannot be read: what they would undo is not known. */
  readonly damagedLines: readonly number[];
  readonly #lines: DurableLines;
  #failure: unknown;
  /** By id, in the order in which they were recorded last. */
  readonly #records = new Map<string, { readonly record: UndoRecord; undone: boolean }>();

  /** Creates the log, or goes on with what is there. Throws what the file system says. */
  constructor(path: string) {
    this.path = path;
    const written = readLines(path);
    this.existed = written !== undefined;
    const damaged = [...(written?.damaged ?? [])];
    for (const { number, value } of written?.lines ?? []) {
      if (isLogLine(value)) this.#take(value);
      else damaged.push(number);
    }
    this.damagedLines = damaged;
    this.#lines = new DurableLines(path);
  }

  /** On the disk when this returns; none of them is when it throws. An id that was undone before stands open again. */
  append(records: readonly UndoRecord[]): void {
    const lines = records.map((record): LogLine => ({ record }));
    this.#lines.append(lines);
    for (const line of lines) this.#take(line);
  }

  /** The first outcome that could not be written down (a full disk), if any. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Notes what became of a record. Never throws: healing does not wait for a disk, and what is not on it is undone once
   * more, which does no harm.
   */
  settle({ record, undone, detail }: UndoOutcome, by: UndoneBy): void {
    const line: LogLine = { id: record.id, outcome: { undone, detail }, by, time: wallNow().toISOString() };
    try {
      this.#lines.append([line]);
    } catch (error) {
      this.#failure ??= error;
    }
    this.#take(line);
  }

  /** What is still to be undone, newest first; without what became pointless because what it lay within was undone. */
  outstanding(): UndoRecord[] {
    return [...this.#records.values()]
      .filter((entry) => !entry.undone && !this.#enclosing(entry.record).some(({ undone }) => undone))
      .map(({ record }) => record)
      .reverse();
  }

  /** What undoes everything, newest first: nothing that lies within something else that is still to be undone. */
  tearDown(): UndoRecord[] {
    return this.outstanding().filter((record) => this.#enclosing(record).length === 0);
  }

  close(): void {
    this.#lines.close();
  }

  #take(line: LogLine): void {
    if ('record' in line) {
      this.#records.delete(line.record.id);
      this.#records.set(line.record.id, { record: line.record, undone: false });
    } else {
      const entry = this.#records.get(line.id);
      if (entry) entry.undone = line.outcome.undone;
    }
  }

  /** The records that this one lies within, innermost first; bounded, should they run in a circle. */
  #enclosing(record: UndoRecord): { readonly record: UndoRecord; readonly undone: boolean }[] {
    const chain: { readonly record: UndoRecord; readonly undone: boolean }[] = [];
    let outer = record.within === undefined ? undefined : this.#records.get(record.within);
    while (outer && outer.record !== record && !chain.includes(outer)) {
      chain.push(outer);
      outer = outer.record.within === undefined ? undefined : this.#records.get(outer.record.within);
    }
    return chain;
  }
}

function isLogLine(value: unknown): value is LogLine {
  if (!isObject(value)) return false;
  if ('record' in value)
    return isObject(value.record) && isText(value.record.id) && isText(value.record.kind);
  return isText(value.id) && isObject(value.outcome) && typeof value.outcome.undone === 'boolean';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
