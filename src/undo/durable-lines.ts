import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../base/errors.js';

const NEWLINE = 0x0a;

/**
 * A file of one JSON value a line that is only ever appended to. What `append` was given is on the disk when it
 * returns; a line that a dying process left half-written was never promised to anybody and is cut off at the next open.
 * One process at a time may have it open.
 */
export class DurableLines {
  readonly path: string;
  readonly #fd: number;
  #bytes: number;

  /** Creates the file, or goes on with it; its directory must be there. Throws what the file system says. */
  constructor(path: string) {
    this.path = path;
    const there = contentOf(path);
    this.#bytes = there === undefined ? 0 : there.lastIndexOf(NEWLINE) + 1;
    this.#fd = openSync(path, 'a');
    if (there === undefined) syncDirectory(dirname(path));
    else if (this.#bytes < there.length) ftruncateSync(this.#fd, this.#bytes);
  }

  /** All of the values or, when this throws (a full disk), none of them. */
  append(values: readonly unknown[]): void {
    this.appendLines(values.map((value) => JSON.stringify(value)));
  }

  /** As `append`, of lines that are JSON already. */
  appendLines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const block = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      for (let at = 0; at < block.length; ) at += writeSync(this.#fd, block, at);
      fdatasyncSync(this.#fd);
    } catch (error) {
      // Half a line must not stick to the next one.
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += block.length;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export interface WrittenLines {
  /** Line numbers count from 1. */
  readonly lines: readonly { readonly number: number; readonly value: unknown }[];
  /** Numbers of whole lines that are no JSON: not a torn write, but damage. */
  readonly damaged: readonly number[];
}

/** What stands in such a file; `undefined` when it is not there. A torn last line does not count. */
export function readLines(path: string): WrittenLines | undefined {
  const content = contentOf(path);
  if (content === undefined) return undefined;
  const lines: { number: number; value: unknown }[] = [];
  const damaged: number[] = [];
  const texts = content
    .subarray(0, content.lastIndexOf(NEWLINE) + 1)
    .toString('utf8')
    .split('\n');
  texts.pop();
  texts.forEach((text, index) => {
    try {
      lines.push({ number: index + 1, value: JSON.parse(text) });
    } catch {
      damaged.push(index + 1);
    }
  });
  return { lines, damaged };
}

/** Makes the names in a directory durable: a new file, a rename, a removal. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
