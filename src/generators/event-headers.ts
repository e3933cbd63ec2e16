import type { Random } from '../base/random.js';
import { hasPlaceholders, parseTemplate } from '../base/template.js';
import type { EventKind } from '../contracts/plan/events.js';
import { TRACEPARENT, type TraceObserver, traceparentField } from '../wire/fields/traceparent-field.js';
import type { FrameShape } from '../wire/frame-encoder.js';
import type { FrameHeaders } from '../wire/frame-headers.js';
import type { FrameText } from '../wire/frame-text.js';
import { templateText } from '../wire/template-text.js';
import { identities, namesOf, type PayloadSetting, wallOffset } from './event-payloads.js';
import type { TrafficSetting } from './load-kind.js';

export interface EventHeadersOptions {
  /** Of every message; a value that is a text may hold placeholders. */
  readonly headers: FrameHeaders;
  /** One in how many events has a trace of its own; 0 for none. */
  readonly traceEvery: number;
  /** Who decides which traces are recorded, where any are. */
  readonly observe?: (subject: string) => TraceObserver;
}

type EventHeaders = Pick<FrameShape, 'headers' | 'headersOf'>;

/** One in how many events of a load carries a `traceparent`: as it says, or as many as are sampled where traces are recorded. */
export function traceEveryOf({ load, tracer }: Pick<TrafficSetting, 'load' | 'tracer'>): number {
  const { traceparent } = load.params;
  if (typeof traceparent !== 'number') return 0;
  return traceparent || (tracer?.recorder.sampleEvery ?? 0);
}

/** The headers of a load's messages: those that are the same for all of them, and what is different from one to the other. */
export function eventHeaders(
  events: readonly EventKind[],
  setting: PayloadSetting,
  { headers, traceEvery, observe }: EventHeadersOptions,
): EventHeaders {
  const isDrawn = ([, value]: [string, FrameText]) => typeof value === 'string' && hasPlaceholders(value);
  const entries = Object.entries(headers);
  const drawn = entries.filter(isDrawn) as [string, string][];
  const random = identities(setting, TRACEPARENT);
  const traces = events.map(({ subject }) => [traceparentField(random, observe?.(subject))]);
  const isAlike = traceEvery === 1 && observe === undefined;
  const fixed = Object.fromEntries([
    ...entries.filter((entry) => !isDrawn(entry)),
    ...(isAlike ? [[TRACEPARENT, traces[0] ?? []] as const] : []),
  ]);
  if (drawn.length === 0 && (traceEvery === 0 || isAlike)) return { headers: fixed };
  const make = drawnHeaders(drawn, events, setting);
  return {
    headers: fixed,
    headersOf: (frame, kind, random) => ({
      ...make(kind, random),
      ...(traceEvery > 0 && !isAlike && frame % traceEvery === 0 && { [TRACEPARENT]: traces[kind] ?? [] }),
    }),
  };
}

function drawnHeaders(
  headers: readonly [string, string][],
  events: readonly EventKind[],
  setting: PayloadSetting,
): (kind: number, random: Random) => FrameHeaders {
  const wallOffsetMs = wallOffset();
  const templates = headers.map(([name, text]) => [name, parseTemplate(text)] as const);
  const byKind = events.map((event) =>
    templates.map(([name, parts]) => {
      const random = identities(setting, name);
      return [name, templateText(parts, { names: namesOf(event, setting), random, wallOffsetMs })] as const;
    }),
  );
  return (kind, random) =>
    Object.fromEntries((byKind[kind] ?? []).map(([name, make]) => [name, make(random)]));
}
