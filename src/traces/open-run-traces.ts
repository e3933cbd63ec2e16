import { wallTimeOf } from '../base/clock.js';
import type { JournalEvent } from '../contracts/journal.js';
import type {
  RunTraces,
  Span,
  SpanAttributes,
  SpanReport,
  TracesPlan,
  TracesResult,
} from '../contracts/trace.js';
import { OtlpExporter } from './otlp-exporter.js';
import { encodeSpans } from './otlp-json.js';
import { RunTrace } from './run-trace.js';
import { SlowestTraces } from './slowest-traces.js';
import { TraceFile } from './trace-file.js';
import { TroubleBook } from './trouble-book.js';

export interface RunTracesOptions {
  readonly plan: TracesPlan;
  /** traces.ndjson */
  readonly file: string;
  readonly version: string;
  /** Of the run: its id, its scenario. */
  readonly attributes: SpanAttributes;
  /** Calls the listener with each event of the run's journal; returns what ends that. */
  readonly listen: (listener: (event: JournalEvent) => void) => () => void;
}

/** A trace has seldom more spans: those of a command, the work on it and its result. */
const SPANS_OF_A_TRACE = 8;
/** How long the end of a run waits for the endpoint. */
const LAST_SPANS_MS = 3000;

/** Opens the traces of a run: from here on, every span is written down as it comes in. */
export function openRunTraces({ plan, file, version, attributes, listen }: RunTracesOptions): RunTraces {
  const troubles = new TroubleBook();
  const source = { version, attributes, wallOffsetMs: wallTimeOf(0).getTime() };
  const encode = (spans: readonly Span[]): string => encodeSpans(spans, source);
  const traceFile = new TraceFile(file, encode, troubles);
  const { endpoint, maxSpansPerSec } = plan;
  const exporter = endpoint === undefined ? undefined : new OtlpExporter({ endpoint, encode, troubles });
  const slowest = new SlowestTraces();
  let [spanCount, skipped, malformed] = [0, 0, 0];

  const keep = (spans: readonly Span[]): void => {
    spanCount += spans.length;
    traceFile.add(spans);
    exporter?.add(spans);
  };
  const run = new RunTrace(attributes, (span) => keep([span]));
  const unlisten = listen((event) => run.onEvent(event));

  return {
    taskFor: (beginners) => ({
      sampleEvery: plan.sampleEvery,
      beginsPerSec: Math.max(1, maxSpansPerSec / SPANS_OF_A_TRACE / Math.max(1, beginners)),
      maxSpansPerSec,
    }),
    add(report: SpanReport) {
      skipped += report.skipped;
      malformed += report.malformed;
      const text = report.malformedText;
      if (text !== undefined)
        troubles.add(`a traceparent that is none, such as ${JSON.stringify(text)}`, report.malformed);
      const spans = report.spans.map((span) => run.linked(span));
      for (const span of spans) slowest.add(span);
      keep(spans);
    },
    async end(): Promise<TracesResult> {
      unlisten();
      run.end();
      traceFile.close();
      await exporter?.end(LAST_SPANS_MS);
      if (skipped > 0) troubles.add('spans not recorded: more than traces.max-spans a second', skipped);
      return {
        runTraceId: run.traceId,
        spans: spanCount,
        skipped,
        undelivered: exporter?.undelivered ?? 0,
        malformed,
        slowest: slowest.list((startNs, endNs) => run.faultsDuring(startNs, endNs)),
        troubles: troubles.all,
      };
    },
    abandon() {
      unlisten();
      traceFile.close();
      void exporter?.end(0);
    },
  };
}
