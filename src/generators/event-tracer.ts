import { nowNs } from '../base/clock.js';
import { dueStart } from '../traces/due-start.js';
import type { SpanRecorder } from '../traces/span-recorder.js';
import { freshSpanId, hexOfWords } from '../traces/trace-ids.js';
import type { TraceObserver } from '../wire/fields/traceparent-field.js';
import type { AckWindow } from './ack-window.js';

/** An event that was sent and waits for its acknowledgement. */
interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly subject: string;
  readonly sentNs: number;
}

/**
 * Records the events of a load whose traces are sampled: that they were published, and acknowledged. For all others it costs
 * a count; for those without a `traceparent`, nothing.
 */
export class EventTracer {
  readonly recorder: SpanRecorder;
  readonly load: string;
  readonly #writer: number;
  /** By the number of their slot in the window. */
  readonly #sent = new Map<number, Sent>();

  constructor(recorder: SpanRecorder, load: string, writer: number) {
    this.recorder = recorder;
    this.load = load;
    this.#writer = writer;
  }

  /**
   * What is told of the events of one kind when they are sent.
   *
   * @param carriedBy one in how many events carries a `traceparent`
   * @param window where events wait for their acknowledgement, if they do: each takes its slot before it is told of
   */
  observe(subject: string, carriedBy: number, window: AckWindow | undefined): TraceObserver {
    const every = Math.max(1, Math.round(this.recorder.sampleEvery / carriedBy));
    // The first of a kind is sampled: one that is rare would otherwise never be.
    let left = 1;
    return {
      samples: (trace, span, sequence, dueNs) => {
        if (--left > 0) return false;
        left = every;
        if (!this.recorder.admits(dueNs)) return false;
        const traceId = hexOfWords(trace.a, trace.b, trace.c, trace.d);
        this.#onPublished(traceId, hexOfWords(span.a, span.b), subject, sequence, dueNs, window);
        return true;
      },
    };
  }

  /** The event in a slot has its outcome. */
  ended(window: AckWindow, slot: number, doneNs: number, outcome: string, reason: string): void {
    window.traced[slot] = 0;
    const sent = this.#sent.get(slot);
    if (sent === undefined) return;
    this.#sent.delete(slot);
    this.recorder.record({
      traceId: sent.traceId,
      spanId: freshSpanId(),
      parentId: sent.spanId,
      name: 'acknowledge',
      kind: 'client',
      startNs: sent.sentNs,
      endNs: doneNs,
      attributes: {
        ...MESSAGING,
        'messaging.operation.type': 'settle',
        'messaging.destination.name': sent.subject,
        'stormglass.load': this.load,
        'stormglass.outcome': outcome,
      },
      ...(reason !== '' && { error: reason }),
    });
  }

  #onPublished(
    traceId: string,
    spanId: string,
    subject: string,
    sequence: number,
    dueNs: number,
    window: AckWindow | undefined,
  ): void {
    const sentNs = nowNs();
    this.recorder.record({
      traceId,
      spanId,
      name: 'publish',
      kind: 'producer',
      startNs: dueStart(dueNs),
      endNs: sentNs,
      attributes: {
        ...MESSAGING,
        'messaging.operation.type': 'send',
        'messaging.destination.name': subject,
        'stormglass.load': this.load,
        'stormglass.writer': this.#writer,
        'stormglass.sequence': sequence,
      },
    });
    if (window === undefined) return;
    const slot = window.newest;
    window.traced[slot] = 1;
    this.#sent.set(slot, { traceId, spanId, subject, sentNs });
  }
}

const MESSAGING = { 'messaging.system': 'nats' } as const;
