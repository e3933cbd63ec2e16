import { NS } from '../base/nanoseconds.js';
import type { SpanContext } from '../contracts/trace.js';
import type { MessageView } from '../wire/parser.js';
import {
  emptyTraceContext,
  readTraceparent,
  TRACE_FOUND,
  TRACE_NONE,
  type TraceContext,
  traceparentText,
} from '../wire/read-traceparent.js';
import type { SpanRecorder } from './span-recorder.js';
import { freshSpanId, hexOfWords } from './trace-ids.js';

/** A stamp that says more was made by another clock, or by nobody who knows. */
const ABSURD_LAG_NS = NS.h;

/** Records that an event was received, where whoever sent it records its trace. What is not sampled costs a look at its header. */
export class ReceiveTracer {
  readonly #recorder: SpanRecorder;
  readonly #context: TraceContext = emptyTraceContext();

  constructor(recorder: SpanRecorder) {
    this.#recorder = recorder;
  }

  /** The trace that a message belongs to, if its sender records it. The object is reused. */
  #contextOf(view: MessageView): TraceContext | undefined {
    const found = readTraceparent(view, this.#context);
    if (found === TRACE_NONE) return undefined;
    if (found !== TRACE_FOUND) {
      this.#recorder.noteMalformed(() => traceparentText(view));
      return undefined;
    }
    return this.#context.sampled ? this.#context : undefined;
  }

  /**
   * Returns the span, if there is one, for what follows from it.
   *
   * @param dueNs of the event, or when it was read where that is not known; what cannot be is taken for not known
   */
  received(view: MessageView, dueNs: number, receivedNs: number): SpanContext | undefined {
    const context = this.#contextOf(view);
    return context && this.#record(context, view, dueNs, receivedNs);
  }

  #record(context: TraceContext, view: MessageView, dueNs: number, receivedNs: number): SpanContext {
    const { traceA, traceB, traceC, traceD, spanA, spanB } = context;
    const lagNs = receivedNs - dueNs;
    const own = { traceId: hexOfWords(traceA, traceB, traceC, traceD), spanId: freshSpanId() };
    this.#recorder.record({
      ...own,
      parentId: hexOfWords(spanA, spanB),
      name: 'receive',
      kind: 'consumer',
      startNs: lagNs >= 0 && lagNs < ABSURD_LAG_NS ? dueNs : receivedNs,
      endNs: receivedNs,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'receive',
        'messaging.destination.name': textOf(view.buffer, view.subjectStart, view.subjectEnd),
        'messaging.message.body.size': view.payloadEnd - view.payloadStart,
      },
    });
    return own;
  }
}

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
