import { codeOf, messageOf } from '../../base/errors.js';
import type { RecordFields, RecordScan } from '../../contracts/records.js';
import { RecordError } from './record-error.js';
import { type RecordFile, RecordReader } from './record-reader.js';
import { recordTimeNs } from './record-time.js';

/**
 * Reads a file of records from its beginning to its end, a chunk at a time. Throws a RecordError, with its line, for the
 * first record that cannot be used.
 */
export function scanRecords(file: RecordFile, { type, types, time }: RecordFields): RecordScan {
  const reader = open(file);
  const known = new Set(types);
  let [records, bytes, minBytes, maxBytes] = [0, 0, Number.POSITIVE_INFINITY, 0];
  let [firstNs, lastNs] = [Number.NaN, Number.NEGATIVE_INFINITY];
  try {
    while (reader.next()) {
      reader.check();
      if (type !== undefined) checkType(String(reader.field(type)), type, known, reader.line);
      if (time !== undefined) {
        const timeNs = recordTimeNs(reader, time);
        if (timeNs < lastNs) {
          throw new RecordError(
            reader.line,
            `its \`${time}\` is before that of the record above: expected them in order`,
          );
        }
        if (records === 0) firstNs = timeNs;
        lastNs = timeNs;
      }
      const length = reader.end - reader.start;
      records++;
      bytes += length;
      minBytes = Math.min(minBytes, length);
      maxBytes = Math.max(maxBytes, length);
    }
  } finally {
    reader.close();
  }
  if (records === 0) throw new RecordError(0, 'it holds no record');
  return {
    records,
    minBytes,
    maxBytes,
    meanBytes: bytes / records,
    spanNs: time === undefined ? 0 : lastNs - firstNs,
  };
}

function open(file: RecordFile): RecordReader {
  try {
    return new RecordReader(file);
  } catch (error) {
    if (error instanceof RecordError) throw error;
    throw new RecordError(
      0,
      codeOf(error) === 'ENOENT' ? 'it is not there' : `it cannot be read: ${messageOf(error)}`,
    );
  }
}

function checkType(value: string, field: string, known: ReadonlySet<string>, line: number): void {
  if (known.has(value)) return;
  const names = [...known].slice(0, 10).join(', ');
  throw new RecordError(
    line,
    `its \`${field}\` is \`${value.slice(0, 60)}\`, which is none of the types here: ${names}`,
  );
}
