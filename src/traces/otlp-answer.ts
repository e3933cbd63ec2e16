import { NS, wallMs } from '../base/clock.js';

/** An endpoint that asks for more time than this is asked again all the same. */
const LONGEST_ASKED_MS = 60_000;
/** What OTLP lets a client try again. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of an answer: more is not read. */
const MOST_ANSWER_CHARS = 16_384;
const MOST_QUOTED_CHARS = 200;

/** Why spans were not taken. */
export interface Refusal {
  /** Refusals of one kind are told once, in the words of the first. */
  readonly kind: string;
  readonly why: string;
  readonly mayPass: boolean;
  /** How long the endpoint wants to be left alone. */
  readonly restMs?: number;
}

/** What an answer that is no success says of the spans that were sent. */
export function refusalOf({ status, headers }: Response, text: string): Refusal {
  const said = text.trim().slice(0, MOST_QUOTED_CHARS);
  const restMs = restOf(headers.get('retry-after'));
  return {
    kind: String(status),
    why: `it answered ${status}${said === '' ? '' : `: ${said}`}`,
    mayPass: MAY_PASS.has(status),
    ...(restMs !== undefined && { restMs }),
  };
}

/** `Retry-After`: seconds, or a date. */
function restOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * (NS.s / NS.ms) : Date.parse(header) - wallMs();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_ASKED_MS);
}

/** As much of the answer's body as anybody reads; the rest of a longer one is not waited for. */
export async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MOST_ANSWER_CHARS) break;
  }
  return text;
}

/** How many of the spans that were sent a success refuses nevertheless; `undefined` for none. */
export function rejectedBy(text: string, sent: number): (Refusal & { readonly count: number }) | undefined {
  let answer: { partialSuccess?: { rejectedSpans?: string | number; errorMessage?: unknown } } | null;
  try {
    answer = JSON.parse(text === '' ? '{}' : text);
  } catch {
    return undefined;
  }
  const { rejectedSpans = 0, errorMessage = '' } = answer?.partialSuccess ?? {};
  const count = Math.min(Number(rejectedSpans), sent);
  if (!(count > 0)) return undefined;
  const why = `it rejected them: ${String(errorMessage).slice(0, MOST_QUOTED_CHARS)}`;
  return { kind: 'rejected', why, mayPass: false, count };
}
