import { sleep } from '../base/clock.js';
import { causeChain } from '../base/errors.js';
import type { Span } from '../contracts/trace.js';
import { beginningOf, type Refusal, refusalOf, rejectedBy } from './otlp-answer.js';

export interface OtlpExporterOptions {
  /** `http://127.0.0.1:4318/v1/traces` */
  readonly endpoint: string;
  readonly encode: (spans: readonly Span[]) => string;
  /** How long one request may take; 10 s unless told. */
  readonly timeoutMs?: number;
  /** Spans that wait at most; 10,000 unless told. */
  readonly mostWaiting?: number;
}

const MOST_IN_A_REQUEST = 512;
/** After a refusal that may pass, doubled with each until the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const MOST_REASONS_TOLD = 3;

const TOO_MANY: Refusal = { kind: 'many', why: 'more came than it took', mayPass: false };
const RUN_IS_OVER: Refusal = { kind: 'over', why: 'the run was over', mayPass: false };

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
  #refused: Refusal | undefined;
  /** By their kind, the words of why spans were lost. */
  readonly #reasons = new Map<string, string>();

  constructor(options: OtlpExporterOptions) {
    this.#options = { timeoutMs: 10_000, mostWaiting: 10_000, ...options };
  }

  /** Spans that the endpoint did not get. */
  get undelivered(): number {
    return this.#undelivered;
  }

  /** What people should know of them; nothing when it got them all. */
  get trouble(): string | undefined {
    const reasons = [...this.#reasons.values()];
    if (reasons.length === 0) return undefined;
    const told = reasons.slice(0, MOST_REASONS_TOLD);
    if (reasons.length > told.length) told.push('and more');
    return `spans not delivered to ${this.#options.endpoint}: ${told.join('; ')}`;
  }

  add(spans: readonly Span[]): void {
    // A report of nothing but malformed headers has none.
    if (spans.length === 0) return;
    const waiting = this.#waiting;
    for (const span of spans) waiting.push(span);
    const over = waiting.length - this.#options.mostWaiting;
    if (over > 0) {
      waiting.splice(0, over);
      this.#lose(over, this.#refused ?? TOO_MANY);
    }
    this.#sending ??= this.#sendAll();
  }

  /** Sends what waits, each span once more at most, and gives up what is left after so long. */
  async end(withinMs: number): Promise<void> {
    this.#ending.abort();
    const timer = setTimeout(() => this.#ended.abort(new Error(RUN_IS_OVER.why)), withinMs);
    await this.#sending;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    const waiting = this.#waiting;
    for (let pauseMs = FIRST_PAUSE_MS; waiting.length > 0 && !this.#ended.signal.aborted; ) {
      const spans = waiting.splice(0, MOST_IN_A_REQUEST);
      const refusal = await this.#send(spans);
      this.#refused = refusal;
      if (refusal === undefined) {
        pauseMs = FIRST_PAUSE_MS;
      } else if (refusal.mayPass && waiting.length + spans.length <= this.#options.mostWaiting) {
        waiting.unshift(...spans);
        if (this.#ending.signal.aborted) break;
        await sleep(Math.max(pauseMs, refusal.restMs ?? 0), this.#ending.signal).catch(() => {});
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      } else {
        this.#lose(spans.length, refusal);
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
      const text = await beginningOf(response);
      if (!response.ok) return refusalOf(response, text);
      const rejected = rejectedBy(text, spans.length);
      if (rejected) this.#lose(rejected.count, rejected);
      return undefined;
    } catch (error) {
      if (this.#ended.signal.aborted) return RUN_IS_OVER;
      const chain = causeChain(error);
      return { kind: chain.at(-1) ?? '', why: chain.join(': '), mayPass: true };
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener('abort', giveUp);
    }
  }

  #lose(count: number, { kind, why }: Refusal): void {
    this.#undelivered += count;
    if (!this.#reasons.has(kind)) this.#reasons.set(kind, why);
  }
}
