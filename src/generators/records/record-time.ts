import { NS } from '../../base/clock.js';
import { RecordError } from './record-error.js';
import type { RecordReader } from './record-reader.js';

const ISO = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * When the record at hand says that it happened, in nanoseconds since 1970: an ISO 8601 time (UTC unless it says
 * otherwise), or a number of seconds, milliseconds, microseconds or nanoseconds, told apart by how large it is. Throws
 * a RecordError for anything else.
 */
export function recordTimeNs(reader: RecordReader, field: string): number {
  const value = reader.field(field);
  const timeNs =
    typeof value === 'number' || /^\d+(\.\d+)?$/.test(String(value))
      ? sinceEpoch(Number(value))
      : parseIso(String(value));
  if (Number.isFinite(timeNs)) return timeNs;
  throw new RecordError(
    reader.line,
    `\`${field}\` is no time: expected ISO 8601 or a number since 1970, but it is \`${String(value).slice(0, 60)}\``,
  );
}

/** Times of this and the next century in each unit are apart by more than they are long. */
function sinceEpoch(value: number): number {
  if (value < 1e11) return value * NS.s;
  if (value < 1e14) return value * NS.ms;
  return value < 1e17 ? value * NS.us : value;
}

function parseIso(text: string): number {
  const match = ISO.exec(text.trim());
  if (!match) return Number.NaN;
  const [, whole, fraction = '', zone = 'Z'] = match;
  return (
    Date.parse(`${(whole as string).replace(' ', 'T')}${zone}`) * NS.ms + Number(fraction.padEnd(9, '0'))
  );
}
