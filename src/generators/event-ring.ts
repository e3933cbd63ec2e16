import { messageOf, PreflightError } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import { BlockRing } from '../wire/block-ring.js';
import type { WireConnection } from '../wire/connection.js';
import type { FrameShape } from '../wire/frame-encoder.js';
import type { FrameHeaders } from '../wire/frame-headers.js';
import type { FrameRing } from '../wire/frame-ring.js';
import type { AckWindow } from './ack-window.js';
import { eventHeaders, traceEveryOf } from './event-headers.js';
import { frameKinds } from './event-payloads.js';
import type { TrafficSetting } from './load-kind.js';
import { RecordRing } from './records/record-ring.js';

export interface EventRingOptions extends Pick<FrameShape, 'envelope' | 'replyPrefix' | 'replyTokenBytes'> {
  /** Of every message; a text may hold placeholders, and a value of another kind fields of its own. */
  readonly headers: FrameHeaders;
  /** What each event takes a slot of, where it is acknowledged. */
  readonly window?: AckWindow;
}

/** The most that a ring may take in memory, where it must be long. */
const MAX_RING_BYTES = 256 * 1024 * 1024;

/** The frames of a load's events. Throws a PreflightError for events that the server would not take. */
export function makeRing(
  setting: TrafficSetting,
  connection: WireConnection,
  { headers, window, ...shape }: EventRingOptions,
): FrameRing {
  const { events, load, worker, random, tracer } = setting;
  // What is one of several in a message has no headers of its own.
  const traceEvery = shape.envelope === 'entry' ? 0 : traceEveryOf(setting);
  let ring: FrameRing;
  try {
    const options = {
      ...shape,
      ...eventHeaders(events, setting, {
        headers,
        traceEvery,
        ...(tracer && { observe: (subject) => tracer.observe(subject, traceEvery, window) }),
      }),
      kinds: frameKinds(events, setting),
      random,
    };
    if (events.some(({ payload }) => payload?.kind === 'file')) {
      ring = new RecordRing({ ...options, events, worker, workers: load.workers });
    } else {
      // What is one in so many comes again where the ring does.
      const framesMultipleOf = Math.max(1, traceEvery);
      refuseLongRing(framesMultipleOf, setting);
      ring = new BlockRing({ ...options, framesMultipleOf });
    }
  } catch (error) {
    if (error instanceof PreflightError) throw error;
    throw new PreflightError(`load ${load.name}: ${messageOf(error)}`, { cause: error });
  }
  const { info } = connection;
  if (info && ring.largestMessageBytes > info.max_payload) {
    throw new PreflightError(
      `load ${load.name}: its largest message has ${ring.largestMessageBytes} B, ` +
        `the server takes ${info.max_payload} B`,
      { hint: 'make the events smaller, or set max_payload in cluster.config' },
    );
  }
  return ring;
}

function refuseLongRing(frames: number, { events, load }: TrafficSetting): void {
  const largest = Math.max(...events.map(({ size }) => size.maxBytes));
  if (frames * largest <= MAX_RING_BYTES) return;
  throw new PreflightError(
    `load ${load.name}: one traceparent in ${frames} events of up to ${formatSize(largest)} would take ${formatSize(frames * largest)} of frames`,
    { hint: 'make the events smaller, or traces more frequent' },
  );
}
