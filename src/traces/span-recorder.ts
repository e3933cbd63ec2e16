import { NS } from '../base/clock.js';
import type { Span, SpanReport, TraceTask } from '../contracts/trace.js';

/** How far ahead of its even pace a thread may begin traces: what is due in bursts is sampled, too. */
const BURST_NS = 100 * NS.ms;

/** The spans of one thread: bounded in number, and handed on about once a second. */
export class SpanRecorder {
  readonly sampleEvery: number;
  readonly #service: string;
  readonly #maxSpans: number;
  readonly #stepNs: number;
  /** When the next trace would begin at an even pace. */
  #nextNs = 0;
  #spans: Span[] = [];
  #skipped = 0;
  #heldBack = 0;
  #malformed = 0;
  #malformedText: string | undefined;

  /** @param service who records: `stormglass-orders` */
  constructor({ sampleEvery, beginsPerSec, maxSpansPerSec }: TraceTask, service: string) {
    this.sampleEvery = sampleEvery;
    this.#service = service;
    this.#maxSpans = maxSpansPerSec;
    this.#stepNs = NS.s / beginsPerSec;
  }

  /** Whether a trace that begins at `atNs` is one of so many a second; one that is not is counted. Allocates nothing. */
  admits(atNs: number): boolean {
    const next = Math.max(this.#nextNs, atNs);
    if (next - atNs > BURST_NS) {
      this.#heldBack++;
      return false;
    }
    this.#nextNs = next + this.#stepNs;
    return true;
  }

  record(span: Omit<Span, 'service'>): void {
    if (this.#spans.length >= this.#maxSpans) this.#skipped++;
    else this.#spans.push({ ...span, service: this.#service });
  }

  /** A message had a `traceparent` that is none. */
  noteMalformed(text: () => string): void {
    this.#malformed++;
    this.#malformedText ??= text();
  }

  /** All since the last time; `undefined` when there is nothing to say. */
  take(): SpanReport | undefined {
    if (this.#spans.length + this.#skipped + this.#heldBack + this.#malformed === 0) return undefined;
    const text = this.#malformedText;
    const report: SpanReport = {
      spans: this.#spans,
      skipped: this.#skipped,
      heldBack: this.#heldBack,
      malformed: this.#malformed,
      ...(text !== undefined && { malformedText: text }),
    };
    this.#spans = [];
    this.#skipped = 0;
    this.#heldBack = 0;
    this.#malformed = 0;
    this.#malformedText = undefined;
    return report;
  }
}
