import type { Random } from '../../base/random.js';
import type { FrameField } from '../frame-text.js';
import { EventBits } from './event-bits.js';
import { writeHex32 } from './write-digits.js';

export const TRACEPARENT = 'traceparent';

const DASH = 45;
const ZERO = 48;
const ONE = 49;

/** The value of a W3C `traceparent` header: for each event a trace and a span of its own, sampled. */
export function traceparentField(random: Random): FrameField {
  const trace = new EventBits(random.fork('trace'));
  const span = new EventBits(random.fork('span'));
  return {
    width: 55,
    write(bytes, at, writer, sequence) {
      trace.of(writer, sequence);
      span.of(writer, sequence);
      bytes[at] = ZERO;
      bytes[at + 1] = ZERO;
      bytes[at + 2] = DASH;
      writeHex32(bytes, at + 3, trace.a);
      writeHex32(bytes, at + 11, trace.b);
      writeHex32(bytes, at + 19, trace.c);
      // An id that is all zeros is none: the last bit is not the permutation's.
      writeHex32(bytes, at + 27, trace.d | 1);
      bytes[at + 35] = DASH;
      writeHex32(bytes, at + 36, span.a);
      writeHex32(bytes, at + 44, span.b);
      bytes[at + 52] = DASH;
      bytes[at + 53] = ZERO;
      bytes[at + 54] = ONE;
    },
  };
}
