import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const MOST_BYTES = 16 * 1024;

/** The last lines of a log, from a byte on, of its last 16 KiB unless told; empty when there is none. */
export function lastLines(
  path: string,
  options: { readonly count: number; readonly fromByte?: number; readonly mostBytes?: number },
): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(options.fromByte ?? 0, size - (options.mostBytes ?? MOST_BYTES));
    const bytes = Buffer.alloc(Math.max(0, size - start));
    const read = readSync(file, bytes, 0, bytes.length, start);
    const lines = bytes
      .toString('utf8', 0, read)
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines.slice(-options.count);
  } finally {
    closeSync(file);
  }
}

const WORDS = 4;

/** What a server that ended said last, from a byte on, in one text; what it said in the ordinary course tells nothing of its end. */
export function lastWords(path: string, fromByte: number): string {
  return lastLines(path, { count: WORDS, fromByte })
    .filter((line) => !line.includes(' [INF] '))
    .join('\n');
}

/** 0 when there is no such file. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
