import { FIELD, type ScannedEvent } from '../events/scanned-event.js';

const ZERO = 0x30;
const MOST_DIGITS = 15;

/** Whether a field can name something: a text that is not empty, or a number. */
export function isName({ fieldKinds, fieldStarts, fieldEnds }: ScannedEvent, field: number): boolean {
  const kind = fieldKinds[field];
  return kind === FIELD.number || (kind === FIELD.text && fieldEnds[field]! > fieldStarts[field]!);
}

/** A whole number from 0 on, as a number or as a text of digits; −1 when it is none. */
export function wholeNumber(event: ScannedEvent, field: number): number {
  const kind = event.fieldKinds[field];
  if (kind === FIELD.number) {
    const value = event.fieldNumbers[field]!;
    return value >= 0 && Math.floor(value) === value ? value : -1;
  }
  if (kind !== FIELD.text) return -1;
  const { buffer } = event;
  const start = event.fieldStarts[field]!;
  const end = event.fieldEnds[field]!;
  if (end === start || end - start > MOST_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = buffer[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}

/** Whether a field is `true`. */
export function isTrue({ fieldKinds, fieldNumbers }: ScannedEvent, field: number): boolean {
  return fieldKinds[field] === FIELD.boolean && fieldNumbers[field] === 1;
}
