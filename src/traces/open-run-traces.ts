import { nowNs, wallTimeOf } from '../base/clock.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type {
  RunTraces,
  Span,
  SpanAttributes,
  SpanReport,
  TracesPlan,
  TracesResult,
} from '../contracts/trace.js';
import { fairShares } from './fair-shares.js';
import { OtlpExporter } from './otlp-exporter.js';
import { encodeSpans } from './otlp-json.js';
import { RunTrace } from './run-trace.js';
import { SlowestTraces } from './slowest-traces.js';
import { SpanBudget } from './span-budget.js';
import { TraceFile } from './trace-file.js';
import { TroubleBook } from './trouble-book.js';
import { wantedTraces } from './wanted-traces.js';

export interface RunTracesOptions {
  readonly plan: TracesPlan;
  /** Those of the run's loads that begin traces. */
  readonly beginners: readonly LoadPlan[];
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
export function openRunTraces(options: RunTracesOptions): RunTraces {
  const { plan, file, version, attributes, listen } = options;
  const troubles = new TroubleBook();
  const source = { version, attributes, wallOffsetMs: wallTimeOf(0).getTime() };
  const encode = (spans: readonly Span[]): string => encodeSpans(spans, source);
  const traceFile = new TraceFile(file, encode, troubles);
  const { endpoint, maxSpansPerSec } = plan;
  const exporter = endpoint === undefined ? undefined : new OtlpExporter({ endpoint, encode });
  const slowest = new SlowestTraces();
  let [spanCount, traceCount, skipped, heldBack, malformed] = [0, 0, 0, 0, 0];

  // Who receives what others have begun cannot know how many that are: it is here that they are no more than allowed.
  const begins = sharesOf(options);
  const budget = new SpanBudget(maxSpansPerSec, nowNs());

  const keep = (spans: readonly Span[]): void => {
    spanCount += spans.length;
    traceFile.add(spans);
    exporter?.add(spans);
  };
  const run = new RunTrace(attributes, (span) => {
    budget.takeAnyway(nowNs());
    keep([span]);
  });
  const unlisten = listen((event) => run.onEvent(event));

  return {
    taskFor: (load) => ({
      sampleEvery: plan.sampleEvery,
      beginsPerSec: load === undefined ? 0 : (begins.get(load) ?? 0),
      maxSpansPerSec,
    }),
    add(report: SpanReport) {
      const admitted = report.spans.slice(0, budget.take(report.spans.length, nowNs()));
      skipped += report.skipped + report.spans.length - admitted.length;
      heldBack += report.heldBack;
      malformed += report.malformed;
      const text = report.malformedText;
      if (text !== undefined)
        troubles.add(`a traceparent that is none, such as ${JSON.stringify(text)}`, report.malformed);
      const spans = admitted.map((span) => run.linked(span));
      for (const span of spans) {
        if (span.parentId === undefined) traceCount++;
        slowest.add(span);
      }
      keep(spans);
    },
    async end(): Promise<TracesResult> {
      unlisten();
      run.end();
      traceFile.close();
      await exporter?.end(LAST_SPANS_MS);
      const trouble = exporter?.trouble;
      if (trouble) troubles.add(trouble, exporter.undelivered);
      if (skipped > 0) troubles.add('spans not recorded: more than traces.max-spans a second', skipped);
      return {
        runTraceId: run.traceId,
        spans: spanCount,
        traces: traceCount,
        sampleEvery: plan.sampleEvery,
        heldBack,
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

/** How many traces each thread of a load may begin a second, by the load's name. */
function sharesOf({
  plan: { sampleEvery, maxSpansPerSec },
  beginners,
}: RunTracesOptions): ReadonlyMap<string, number> {
  const threads = beginners.flatMap((load) => Array.from({ length: load.workers }, () => load));
  const shares = fairShares(
    maxSpansPerSec / SPANS_OF_A_TRACE,
    threads.map((load) => wantedTraces(load, sampleEvery)),
  );
  return new Map(threads.map(({ name }, i) => [name, shares[i]!]));
}
