import { nowNs } from '../../base/clock.js';
import { dueStart } from '../../traces/due-start.js';
import { freshSpanId, freshTraceId } from '../../traces/trace-ids.js';
import type { EventTracer } from '../event-tracer.js';

/** What goes with a message whose trace is recorded: there is one only for those. */
export interface AgentTrace {
  readonly traceId: string;
  /** Of its being published: what the message's `traceparent` names. */
  readonly spanId: string;
  /** What it is a part of: a command, the work on it, a workflow. */
  readonly parentId: string;
}

/** Bytes of a `traceparent`. */
export const TRACE_BYTES = 55;

export const traceparentOf = ({ traceId, spanId }: AgentTrace): string => `00-${traceId}-${spanId}-01`;

/** Something that an agent, or the commander, has begun and that is not over. */
interface Begun {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly startNs: number;
  readonly agent: number;
  /** The type of the event that was published last. */
  last: string;
}

/** Records what agents do where it is sampled: commands and questions, the work on them, workflows. */
export class AgentTraces {
  readonly #tracer: EventTracer;
  /** By what is counted: one in so many is sampled, the first among them. */
  readonly #left = new Map<string, number>();
  /** By slot. */
  readonly #asked = new Map<number, Begun>();
  /** By letter. */
  readonly #work = new Map<number, Begun>();
  /** By agent. */
  readonly #workflows = new Map<number, Begun>();

  constructor(tracer: EventTracer) {
    this.#tracer = tracer;
  }

  /** A `command` or a `question` that is due: what goes with its message, if it is sampled. */
  begin(name: string, dueNs: number): AgentTrace | undefined {
    if (!this.#samples(name, dueNs)) return undefined;
    return { traceId: freshTraceId(), spanId: freshSpanId(), parentId: freshSpanId() };
  }

  /** It is sent, and waits for its answer in a slot. */
  asked(slot: number, name: string, { traceId, parentId }: AgentTrace, agent: number, dueNs: number): void {
    this.#asked.set(slot, { traceId, spanId: parentId, name, startNs: dueStart(dueNs), agent, last: '' });
  }

  /** It has its answer, or never will. */
  answered(slot: number, atNs: number, error: string): void {
    const begun = this.#asked.get(slot);
    this.#asked.delete(slot);
    if (begun) this.#end(begun, atNs, error);
  }

  /** What waited for the system was given up. */
  gaveUp(name: string, { traceId, parentId }: AgentTrace, agent: number, dueNs: number, atNs: number): void {
    this.#end({ traceId, spanId: parentId, name, startNs: dueStart(dueNs), agent, last: '' }, atNs, 'unsent');
  }

  /** A message that was due is sent. */
  published(trace: AgentTrace, subject: string, agent: number, dueNs: number, sentNs: number): void {
    this.#tracer.recorder.record({
      ...trace,
      name: 'publish',
      kind: 'producer',
      startNs: dueStart(dueNs),
      endNs: sentNs,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'send',
        'messaging.destination.name': subject,
        ...this.#about(agent),
      },
    });
  }

  /** An agent has a letter; a letter of that number that it had before is gone. */
  took(
    letter: number,
    agent: number,
    trace: { readonly traceId: string; readonly spanId: string } | undefined,
    atNs: number,
  ): void {
    if (trace === undefined) {
      if (this.#work.size > 0) this.#work.delete(letter);
      return;
    }
    const { traceId, spanId: parentId } = trace;
    this.#work.set(letter, {
      traceId,
      spanId: freshSpanId(),
      parentId,
      name: 'work',
      startNs: atNs,
      agent,
      last: '',
    });
  }

  /** It answers it now: what goes with the answer, which was due at `dueNs`. */
  worked(letter: number, dueNs: number): AgentTrace | undefined {
    if (this.#work.size === 0) return undefined;
    const begun = this.#work.get(letter);
    if (begun === undefined) return undefined;
    this.#work.delete(letter);
    // What it does is due when it would be without our lateness, even before we read the letter, and is a part of the work.
    this.#end({ ...begun, startNs: Math.min(begun.startNs, dueStart(dueNs)) }, nowNs(), '');
    return { traceId: begun.traceId, spanId: freshSpanId(), parentId: begun.spanId };
  }

  /** An event of a workflow, its first if `number` is 0: what goes with it. */
  step(agent: number, number: number, type: string, dueNs: number): AgentTrace | undefined {
    if (number === 0) {
      this.endWorkflow(agent, dueNs);
      if (!this.#samples('workflow', dueNs)) return undefined;
      const ids = { traceId: freshTraceId(), spanId: freshSpanId() };
      this.#workflows.set(agent, { ...ids, name: 'workflow', startNs: dueStart(dueNs), agent, last: type });
    }
    if (this.#workflows.size === 0) return undefined;
    const begun = this.#workflows.get(agent);
    if (begun === undefined) return undefined;
    begun.last = type;
    return { traceId: begun.traceId, spanId: freshSpanId(), parentId: begun.spanId };
  }

  /** Its last event is out, or its agent has failed. */
  endWorkflow(agent: number, atNs: number, error?: string): void {
    if (this.#workflows.size === 0) return;
    const begun = this.#workflows.get(agent);
    if (begun === undefined) return;
    this.#workflows.delete(agent);
    this.#end(begun, atNs, error ?? (begun.last.endsWith('Failed') ? begun.last : ''));
  }

  #samples(what: string, dueNs: number): boolean {
    const { recorder } = this.#tracer;
    const left = this.#left.get(what) ?? 1;
    this.#left.set(what, left > 1 ? left - 1 : recorder.sampleEvery);
    return left === 1 && recorder.admits(dueNs);
  }

  #end({ traceId, spanId, parentId, name, startNs, agent, last }: Begun, atNs: number, error: string): void {
    this.#tracer.recorder.record({
      traceId,
      spanId,
      ...(parentId !== undefined && { parentId }),
      name,
      kind: name === 'work' ? 'server' : 'client',
      startNs,
      endNs: atNs,
      attributes: { ...this.#about(agent), ...(last !== '' && { 'stormglass.event': last }) },
      ...(error !== '' && { error }),
    });
  }

  #about(agent: number): Readonly<Record<string, string | number>> {
    return { 'stormglass.load': this.#tracer.load, 'stormglass.agent': agent };
  }
}
