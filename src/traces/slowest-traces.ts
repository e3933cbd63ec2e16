import type { SlowTrace, Span } from '../contracts/trace.js';

/** How many are listed. */
const LISTED = 10;
/** How many are followed at a time: when there are more, the faster half is forgotten. */
const MOST_FOLLOWED = 20_000;

interface Followed {
  readonly traceId: string;
  startNs: number;
  endNs: number;
  /** Its first span, so far as has been seen. */
  first: Span;
  error: string | undefined;
}

/** The traces of events that took longest, as their spans come in from several threads, in any order. */
export class SlowestTraces {
  readonly #mostFollowed: number;
  readonly #byId = new Map<string, Followed>();

  /** @param mostFollowed at least twice as many as are listed */
  constructor(mostFollowed = MOST_FOLLOWED) {
    this.#mostFollowed = mostFollowed;
  }

  add(span: Span): void {
    const known = this.#byId.get(span.traceId);
    if (known === undefined) {
      const { traceId, startNs, endNs, error } = span;
      this.#byId.set(traceId, { traceId, startNs, endNs, first: span, error });
      if (this.#byId.size > this.#mostFollowed) this.#forgetFast();
      return;
    }
    known.startNs = Math.min(known.startNs, span.startNs);
    known.endNs = Math.max(known.endNs, span.endNs);
    known.error ??= span.error;
    if (isBefore(span, known.first)) known.first = span;
  }

  /** Longest first. `faultsDuring` names the faults that held at some time between the two. */
  list(faultsDuring: (startNs: number, endNs: number) => readonly string[]): SlowTrace[] {
    return this.#byLength()
      .slice(0, LISTED)
      .map(({ traceId, first, startNs, endNs, error }) => {
        const subject = first.attributes['messaging.destination.name'];
        const load = first.attributes['stormglass.load'];
        return {
          traceId,
          what: first.name,
          ...(typeof subject === 'string' && { subject }),
          ...(typeof load === 'string' && { load }),
          durationNs: endNs - startNs,
          startNs,
          faults: faultsDuring(startNs, endNs),
          ...(error !== undefined && { error }),
        };
      });
  }

  #byLength(): Followed[] {
    return [...this.#byId.values()].sort((a, b) => b.endNs - b.startNs - (a.endNs - a.startNs));
  }

  #forgetFast(): void {
    for (const { traceId } of this.#byLength().slice(this.#mostFollowed >> 1)) this.#byId.delete(traceId);
  }
}

/** A span without a parent is the first, whenever it comes. */
const isBefore = (a: Span, b: Span): boolean =>
  (a.parentId === undefined) === (b.parentId === undefined)
    ? a.startNs < b.startNs
    : a.parentId === undefined;
