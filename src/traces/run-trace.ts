import { nowNs } from '../base/clock.js';
import type { JournalEvent, JournalEventType } from '../contracts/journal.js';
import type { Span, SpanAttributes, SpanContext, SpanEvent, SpanLink } from '../contracts/trace.js';
import { freshSpanId, freshTraceId } from './trace-ids.js';

const SERVICE = 'stormglass';
/** A span does not grow without an end, however long a run is. */
const MOST_EVENTS = 128;
/** What happens to the run beside its phases and faults. */
const TOLD: ReadonlySet<JournalEventType> = new Set([
  'election',
  'node',
  'guard',
  'interrupted',
  'error',
  'trouble',
]);

/** A span that is not over. */
interface Open extends SpanContext {
  readonly parentId?: string;
  readonly name: string;
  readonly startNs: number;
  attributes: SpanAttributes;
  readonly events: SpanEvent[];
  error?: string;
}

/** When a fault held. */
interface Held extends SpanContext {
  readonly fault: string;
  readonly kind: string;
  readonly fromNs: number;
  toNs: number;
}

/**
 * The trace of a run, made of what its journal is told: the run, in it its phases, in the load's the faults, each with what
 * became of it. A fault has an id when it is recorded, so that others can be linked to it while it still holds.
 */
export class RunTrace {
  readonly traceId = freshTraceId();
  readonly #onSpan: (span: Span) => void;
  readonly #run: Open;
  readonly #phases = new Map<string, Open>();
  readonly #faults = new Map<string, Open>();
  readonly #held: Held[] = [];

  constructor(attributes: SpanAttributes, onSpan: (span: Span) => void) {
    this.#onSpan = onSpan;
    this.#run = this.#open('run', undefined, attributes);
  }

  onEvent(event: JournalEvent): void {
    if (event.type === 'phase') this.#onPhase(event);
    else if (event.type.startsWith('fault-')) this.#onFault(event);
    else if (TOLD.has(event.type)) tell(this.#run, event.type, event);
  }

  /** The faults that held at some time from one to the other. */
  faultsDuring(startNs: number, endNs: number): readonly string[] {
    return this.#overlapping(startNs, endNs).map(({ fault }) => fault);
  }

  /** A span of an event, with links to the faults that held meanwhile and to this run. */
  linked(span: Span): Span {
    const faults = this.#overlapping(span.startNs, span.endNs).map(
      ({ spanId, fault, kind }): SpanLink => ({
        traceId: this.traceId,
        spanId,
        attributes: { 'stormglass.link': 'fault', 'stormglass.fault': fault, 'stormglass.fault.kind': kind },
      }),
    );
    const run: readonly SpanLink[] =
      span.parentId === undefined
        ? [{ traceId: this.traceId, spanId: this.#run.spanId, attributes: { 'stormglass.link': 'run' } }]
        : [];
    if (faults.length + run.length === 0) return span;
    return {
      ...span,
      links: [...(span.links ?? []), ...run, ...faults],
      ...(faults.length > 0 && {
        attributes: {
          ...span.attributes,
          'stormglass.faults': faults.map(({ attributes }) => attributes['stormglass.fault'] as string),
        },
      }),
    };
  }

  /** Ends everything that is open. */
  end(): void {
    for (const open of [...this.#faults.values(), ...this.#phases.values(), this.#run]) this.#close(open);
    this.#faults.clear();
    this.#phases.clear();
  }

  #onPhase({ phase, what, error }: JournalEvent): void {
    const name = String(phase);
    if (what === 'begin') {
      this.#phases.set(name, this.#open(name, this.#run.spanId, { 'stormglass.phase': name }));
      return;
    }
    const open = this.#phases.get(name);
    if (open === undefined) return;
    this.#phases.delete(name);
    if (Array.isArray(error)) open.error = error.join(': ');
    this.#close(open);
  }

  #onFault(event: JournalEvent): void {
    const { fault, kind = '', targets, error } = event;
    if (typeof fault !== 'string') return;
    const open = this.#faults.get(fault) ?? this.#openFault(fault, String(kind));
    if (Array.isArray(targets))
      open.attributes = { ...open.attributes, 'stormglass.fault.targets': targets.map(String) };
    tell(open, event.type.slice('fault-'.length), event);
    if (event.type === 'fault-injected') {
      const { traceId, spanId } = open;
      this.#held.push({
        traceId,
        spanId,
        fault,
        kind: String(kind),
        fromNs: nowNs(),
        toNs: Number.POSITIVE_INFINITY,
      });
    }
    if (event.type !== 'fault-reverted' && event.type !== 'fault-failed') return;
    if (typeof error === 'string') open.error = error;
    for (const held of this.#held) {
      if (held.fault === fault && event.type === 'fault-reverted') held.toNs = Math.min(held.toNs, nowNs());
    }
    this.#faults.delete(fault);
    this.#close(open);
  }

  #openFault(fault: string, kind: string): Open {
    const parent = this.#phases.get('load') ?? this.#run;
    const open = this.#open('fault', parent.spanId, {
      'stormglass.fault': fault,
      'stormglass.fault.kind': kind,
    });
    this.#faults.set(fault, open);
    return open;
  }

  #overlapping(startNs: number, endNs: number): readonly Held[] {
    return this.#held.filter(({ fromNs, toNs }) => startNs < toNs && endNs > fromNs);
  }

  #open(name: string, parentId: string | undefined, attributes: SpanAttributes): Open {
    return {
      traceId: this.traceId,
      spanId: freshSpanId(),
      ...(parentId !== undefined && { parentId }),
      name,
      startNs: nowNs(),
      attributes,
      events: [],
    };
  }

  #close(open: Open): void {
    this.#onSpan({ ...open, service: SERVICE, kind: 'internal', endNs: nowNs() });
  }
}

/** Adds to a span what the journal was told, as far as it is plain. */
function tell(open: Open, name: string, { type: _type, time: _time, t: _t, ...details }: JournalEvent): void {
  if (open.events.length === MOST_EVENTS) return;
  const plain = Object.entries(details).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  open.events.push({ name, atNs: nowNs(), attributes: Object.fromEntries(plain) as SpanAttributes });
}
