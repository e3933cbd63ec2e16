import { SEQUENCE_WIDTH } from '../../base/template.js';
import type { FrameField } from '../frame-text.js';
import { writeDigits, writeRightAligned } from './write-digits.js';

/** The event's number among those of its writer, from 0: `digits` with zeros before them, else among spaces. */
export function sequenceField(digits?: number): FrameField {
  return digits === undefined
    ? {
        width: SEQUENCE_WIDTH,
        write: (bytes, at, _writer, sequence) => writeRightAligned(bytes, at, SEQUENCE_WIDTH, sequence),
      }
    : { width: digits, write: (bytes, at, _writer, sequence) => writeDigits(bytes, at, digits, sequence) };
}
