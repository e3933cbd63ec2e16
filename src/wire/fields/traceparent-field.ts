import type { Random } from '../../base/random.js';
import type { FrameField } from '../frame-text.js';
import { EventBits } from './event-bits.js';
import { writeHex } from './write-digits.js';

export const TRACEPARENT = 'traceparent';

const PREFIX = Uint8Array.from(Buffer.from('00-', 'latin1'));
const SUFFIX = Uint8Array.from(Buffer.from('-01', 'latin1'));
const DASH = 45;

/** The value of a W3C `traceparent` header: for each event a trace and a span of its own, sampled. */
export function traceparentField(random: Random): FrameField {
  const trace = new EventBits(random.fork('trace'));
  const span = new EventBits(random.fork('span'));
  return {
    width: 55,
    write(bytes, at, writer, sequence) {
      trace.of(writer, sequence);
      span.of(writer, sequence);
      bytes.set(PREFIX, at);
      // An id that is all zeros is none: the last bit is not the permutation's.
      writeHex(bytes, at + 3, 8, trace.a);
      writeHex(bytes, at + 11, 8, trace.b);
      writeHex(bytes, at + 19, 8, trace.c);
      writeHex(bytes, at + 27, 8, trace.d | 1);
      bytes[at + 35] = DASH;
      writeHex(bytes, at + 36, 8, span.a);
      writeHex(bytes, at + 44, 8, span.b);
      bytes.set(SUFFIX, at + 52);
    },
  };
}
