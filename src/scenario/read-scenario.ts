import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf, messageOf, UsageError } from '../base/errors.js';

/** Far more than any scenario has; a wrong file is often larger. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The text of a scenario file (or of a pipe). Throws a UsageError when it cannot be had. */
export function readScenario(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw notText(file, 'is a directory', 'Name the file in it.');
    if (!stat.isFile() && !stat.isFIFO()) throw notText(file, 'is no file', 'Name a file of YAML.');
    return decode(file, readBounded(file, fd));
  } catch (error) {
    throw error instanceof UsageError ? error : cannotRead(file, error);
  } finally {
    closeSync(fd);
  }
}

function readBounded(file: string, fd: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.alloc(65536);
    const read = readSync(fd, chunk);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    total += read;
    if (total > MAX_BYTES) {
      throw notText(file, 'is larger than 4 MiB', 'Name a file of YAML.');
    }
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notText(file, 'is not UTF-8 text', 'A scenario is a YAML file in UTF-8.');
  }
}

const notText = (file: string, what: string, hint: string): UsageError =>
  new UsageError(`${file} ${what}`, { hint });

function cannotRead(file: string, error: unknown): UsageError {
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UsageError(`${file} is not there`, {
        ...options,
        hint: 'Check the path; it is taken from the directory you are in.',
      });
    case 'EACCES':
    case 'EPERM':
      return new UsageError(`${file} may not be read`, {
        ...options,
        hint: `Give yourself the right to: chmod u+r ${file}`,
      });
    default:
      return new UsageError(`${file} cannot be read: ${messageOf(error)}`, options);
  }
}
