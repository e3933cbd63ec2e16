import { codeOf, messageOf } from '../base/errors.js';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** An answer is read up to this many characters: a probe looks for a word, and not at a download. */
const MOST_CHARACTERS = 1_000_000;

/** @throws Error with what kept it from an answer, in a few words */
export async function readAnswer(
  url: URL,
  method: 'GET' | 'HEAD' | 'POST',
  timeoutMs: number,
): Promise<HttpAnswer> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, text: (await response.text()).slice(0, MOST_CHARACTERS) };
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'TimeoutError') {
      throw new Error(`no answer within ${timeoutMs} ms`, { cause: thrown });
    }
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    throw new Error(codeOf(cause) ?? messageOf(cause ?? thrown), { cause: thrown });
  }
}
