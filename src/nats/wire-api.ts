import { freshId } from '../base/ids.js';
import { withDeadline } from '../base/wait.js';
import type { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { readStatus } from './status-header.js';

/** What the JetStream API answers to every request. */
interface ApiAnswer {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
}

/** The API answered, and the answer is no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** As in HTTP: 4xx will not pass, 5xx may. */
  readonly code: number;
  /** The API's own number for it; 0 when it has none. */
  readonly errorCode: number;

  constructor(code: number, errorCode: number, text: string) {
    super(text);
    this.code = code;
    this.errorCode = errorCode;
  }
}

/**
 * Requests to the JetStream API over a wire connection, for those that are there for speed and need the API for
 * their beginning and end. The owner of the connection hands in the messages that carry this inbox's sid.
 */
export class WireApi {
  readonly sid: number;
  readonly #wire: WireConnection;
  readonly #inbox = `_INBOX.stormglass-${freshId()}`;
  readonly #waiting = new Map<string, { resolve(answer: unknown): void; reject(reason: Error): void }>();
  #requests = 0;
  #ended: Error | undefined;

  constructor(wire: WireConnection) {
    this.#wire = wire;
    this.sid = wire.subscribe(`${this.#inbox}.*`);
  }

  /** Rejects with an ApiError for an answer that is an error, when there is none within `timeoutMs`, and after `end`. */
  async request<T extends object>(subject: string, body: unknown, timeoutMs: number): Promise<T> {
    if (this.#ended) throw this.#ended;
    const id = String(++this.#requests);
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    try {
      this.#wire.publish(
        `$JS.API.${subject}`,
        body === undefined ? '' : JSON.stringify(body),
        `${this.#inbox}.${id}`,
      );
      const { error, ...rest } = (await withDeadline(answer, timeoutMs, subject)) as T & ApiAnswer;
      if (error)
        throw new ApiError(error.code, error.err_code ?? 0, error.description ?? `error ${error.code}`);
      return rest as unknown as T;
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Nothing is waited for any more: whoever asked, or asks from now on, gets the reason. */
  end(reason: Error): void {
    this.#ended = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
  }

  onMessage(view: MessageView): void {
    const { buffer, subjectStart, subjectEnd, payloadStart, payloadEnd } = view;
    const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const id = bytes.toString('latin1', subjectStart + this.#inbox.length + 1, subjectEnd);
    const request = this.#waiting.get(id);
    if (!request) return;
    const status = readStatus(view);
    if (status?.code === 503)
      request.reject(new ApiError(503, 0, 'JetStream does not answer: no responders'));
    else request.resolve(parseAnswer(bytes.toString('utf8', payloadStart, payloadEnd)));
  }
}

function parseAnswer(text: string): ApiAnswer {
  try {
    return JSON.parse(text) as ApiAnswer;
  } catch {
    return { error: { code: 500, description: `not an answer of JetStream: ${text.slice(0, 80)}` } };
  }
}
