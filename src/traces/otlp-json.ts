import { SPAN_KINDS, type Span, type SpanAttributes } from '../contracts/trace.js';

/** What is true of all spans of a run. */
export interface TraceSource {
  readonly version: string;
  readonly attributes: SpanAttributes;
  /** Unix time, in ms, when the monotonic clock is at 0. */
  readonly wallOffsetMs: number;
}

const NAMESPACE = 'stormglass';
/** All spans are timed by the clock of one machine. Jaeger goes by this whether it may move them to where it thinks they belong. */
const ONE_CLOCK = { ip: '127.0.0.1' };
/** Bit 0 of the flags of a span or a link: the trace is sampled. */
const SAMPLED = 1;
const STATUS_ERROR = 2;

/**
 * Spans as one ExportTraceServiceRequest of OTLP 1, in its JSON form, on one line: the body of a POST to /v1/traces, and a
 * line of traces.ndjson. 64-bit numbers are texts there, ids are hex.
 */
export function encodeSpans(spans: readonly Span[], source: TraceSource): string {
  const byService = new Map<string, Span[]>();
  for (const span of spans) {
    const known = byService.get(span.service);
    if (known) known.push(span);
    else byService.set(span.service, [span]);
  }
  return JSON.stringify({
    resourceSpans: [...byService].map(([service, own]) => ({
      resource: {
        attributes: attributesOf({
          'service.name': service,
          'service.namespace': NAMESPACE,
          'service.version': source.version,
          ...ONE_CLOCK,
          ...source.attributes,
        }),
      },
      scopeSpans: [
        {
          scope: { name: NAMESPACE, version: source.version },
          spans: own.map((span) => spanOf(span, source)),
        },
      ],
    })),
  });
}

function spanOf(span: Span, { wallOffsetMs }: TraceSource): unknown {
  const unixNano = (ns: number): string =>
    (BigInt(wallOffsetMs) * 1_000_000n + BigInt(Math.round(ns))).toString();
  const { events = [], links = [] } = span;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
    flags: SAMPLED,
    name: span.name,
    kind: SPAN_KINDS.indexOf(span.kind) + 1,
    startTimeUnixNano: unixNano(span.startNs),
    endTimeUnixNano: unixNano(Math.max(span.startNs, span.endNs)),
    attributes: attributesOf(span.attributes),
    ...(events.length > 0 && {
      events: events.map(({ name, atNs, attributes }) => ({
        timeUnixNano: unixNano(atNs),
        name,
        attributes: attributesOf(attributes),
      })),
    }),
    ...(links.length > 0 && {
      links: links.map(({ traceId, spanId, attributes }) => ({
        traceId,
        spanId,
        flags: SAMPLED,
        attributes: attributesOf(attributes),
      })),
    }),
    ...(span.error !== undefined && { status: { code: STATUS_ERROR, message: span.error } }),
  };
}

const attributesOf = (attributes: SpanAttributes): unknown[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: SpanAttributes[string]): unknown {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  }
}
