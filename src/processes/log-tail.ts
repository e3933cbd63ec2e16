import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MOST_BYTES = 16 * 1024;

/** The last lines of a log, from a byte on; empty when there is none. */
export function lastLines(
  path: string,
  options: { readonly count: number; readonly fromByte?: number },
): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(options.fromByte ?? 0, size - MOST_BYTES);
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
