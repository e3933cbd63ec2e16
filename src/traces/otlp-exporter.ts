import { sleep } from '../base/clock.js';
import { causeChain } from '../base/errors.js';
import type { Span } from '../contracts/trace.js';
import type { TroubleBook } from './trouble-book.js';

export interface OtlpExporterOptions {
  /** `http://127.0.0.1:4318/v1/traces` */
  readonly endpoint: string;
  readonly encode: (spans: readonly Span[]) => string;
  readonly troubles: TroubleBook;
  /** How long one request may take; 5 s unless told. */
  readonly timeoutMs?: number;
  /** Spans that wait at most; 10,000 unless told. */
  readonly mostWaiting?: number;
}

const MOST_IN_A_REQUEST = 512;
/** After a refusal that may pass, doubled with each until the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** What OTLP lets a client try again. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const RUN_IS_OVER = 'the run was over';

interface Refusal {
  readonly why: string;
  readonly mayPass: boolean;
}

/**
 * Sends spans by OTLP/HTTP, in JSON, one request at a time. Nobody ever waits for it: what the endpoint does not take in
 * time makes room for what is newer, and is counted.
 */
export class OtlpExporter {
  readonly #options: Required<OtlpExporterOptions>;
  readonly #waiting: Span[] = [];
  /** Nothing is tried again once it ends, and nothing is waited for once it has ended. */
  readonly #ending = new AbortController();
  readonly #ended = new AbortController();
  #undelivered = 0;
  #sending: Promise<void> | undefined;
  /** Why what waits has not been taken yet. */
  #refused: string | undefined;

  constructor(options: OtlpExporterOptions) {
    this.#options = { timeoutMs: 5000, mostWaiting: 10_000, ...options };
  }

  /** Spans that the endpoint did not get. */
  get undelivered(): number {
    return this.#undelivered;
  }

  add(spans: readonly Span[]): void {
    // A report of nothing but malformed headers has none.
    if (spans.length === 0) return;
    const waiting = this.#waiting;
    for (const span of spans) waiting.push(span);
    const over = waiting.length - this.#options.mostWaiting;
    if (over > 0) {
      waiting.splice(0, over);
      this.#lose(over, this.#refused ?? 'more came than it took');
    }
    this.#sending ??= this.#sendAll();
  }

  /** Sends what waits, each span once more at most, and gives up what is left after so long. */
  async end(withinMs: number): Promise<void> {
    this.#ending.abort();
    const timer = setTimeout(() => this.#ended.abort(new Error(RUN_IS_OVER)), withinMs);
    await this.#sending;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    const waiting = this.#waiting;
    for (let pauseMs = FIRST_PAUSE_MS; waiting.length > 0 && !this.#ended.signal.aborted; ) {
      const spans = waiting.splice(0, MOST_IN_A_REQUEST);
      const refusal = await this.#send(spans);
      this.#refused = refusal?.why;
      if (refusal === undefined) {
        pauseMs = FIRST_PAUSE_MS;
      } else if (refusal.mayPass && waiting.length + spans.length <= this.#options.mostWaiting) {
        waiting.unshift(...spans);
        if (this.#ending.signal.aborted) break;
        await sleep(pauseMs, this.#ending.signal).catch(() => {});
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      } else {
        this.#lose(spans.length, refusal.why);
      }
    }
    if (waiting.length > 0) this.#lose(waiting.splice(0).length, this.#refused ?? RUN_IS_OVER);
    this.#sending = undefined;
  }

  /** `undefined` when the endpoint has them. */
  async #send(spans: readonly Span[]): Promise<Refusal | undefined> {
    const { endpoint, encode, timeoutMs } = this.#options;
    const late = new AbortController();
    const giveUp = () => late.abort(this.#ended.signal.reason);
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    this.#ended.signal.addEventListener('abort', giveUp, { once: true });
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: encode(spans),
        redirect: 'error',
        signal: late.signal,
      });
      const text = await response.text();
      if (!response.ok) {
        const why = `it answered ${response.status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`;
        return { why, mayPass: MAY_PASS.has(response.status) };
      }
      this.#noteRejected(text);
      return undefined;
    } catch (error) {
      return { why: causeChain(error).join(': '), mayPass: true };
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener('abort', giveUp);
    }
  }

  /** A success may still refuse some. */
  #noteRejected(text: string): void {
    let answer: { partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string } };
    try {
      answer = JSON.parse(text === '' ? '{}' : text);
    } catch {
      return;
    }
    const rejected = Number(answer.partialSuccess?.rejectedSpans ?? 0);
    if (rejected > 0) this.#lose(rejected, `it rejected them: ${answer.partialSuccess?.errorMessage ?? ''}`);
  }

  #lose(count: number, why: string): void {
    this.#undelivered += count;
    this.#options.troubles.add(`spans not delivered to ${this.#options.endpoint}: ${why}`, count);
  }
}
