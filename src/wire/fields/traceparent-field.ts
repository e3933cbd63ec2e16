import type { Random } from '../../base/random.js';
import type { FrameField } from '../frame-text.js';
import { EventBits } from './event-bits.js';
import { writeHex32 } from './write-digits.js';

export const TRACEPARENT = 'traceparent';

/** Told of each event that carries a `traceparent`, when it is sent. */
export interface TraceObserver {
  /** Whether its trace is recorded; `trace` and `span` hold its ids, and are reused. The hot path. */
  samples(trace: EventBits, span: EventBits, sequence: number, dueNs: number): boolean;
}

const DASH = 45;
const ZERO = 48;
const ONE = 49;

/** The value of a W3C `traceparent` header: for each event a trace and a span of its own, sampled unless the observer says otherwise. */
export function traceparentField(random: Random, observer?: TraceObserver): FrameField {
  const trace = new EventBits(random.fork('trace'));
  const span = new EventBits(random.fork('span'));
  return {
    width: 55,
    write(bytes, at, writer, sequence, dueNs) {
      trace.of(writer, sequence);
      span.of(writer, sequence);
      bytes[at] = ZERO;
      bytes[at + 1] = ZERO;
      bytes[at + 2] = DASH;
      writeHex32(bytes, at + 3, trace.a);
      writeHex32(bytes, at + 11, trace.b);
      writeHex32(bytes, at + 19, trace.c);
      // An id that is all zeros is none: the last bit is not the permutation's.
      trace.d |= 1;
      writeHex32(bytes, at + 27, trace.d);
      bytes[at + 35] = DASH;
      writeHex32(bytes, at + 36, span.a);
      writeHex32(bytes, at + 44, span.b);
      bytes[at + 52] = DASH;
      bytes[at + 53] = ZERO;
      bytes[at + 54] = observer === undefined || observer.samples(trace, span, sequence, dueNs) ? ONE : ZERO;
    },
  };
}
