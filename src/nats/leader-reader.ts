import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { endAtAbort, TOLD_TO_HURRY } from './end-at-abort.js';
import { StampTeller } from './stamp-teller.js';
import { READER_CONNECT_MS, type StreamReadEnd, type StreamReadOptions } from './stream-reader.js';
import { ApiError, WireApi } from './wire-api.js';

/** Questions under way at a time. */
const ASKED_AT_ONCE = 64;
const API_MS = 3000;
const RETRY_MS = 200;
const NO_MESSAGE_FOUND = 10037;

interface StoredMessage {
  readonly message: { readonly seq: number; readonly hdrs?: string; readonly data?: string };
}

/**
 * Reads a stretch of a stream message by message from whoever leads it: slower than a consumer, and the only way that
 * leaves a stream as it is whose messages go when they were delivered (a work queue, a stream with interest). Does not
 * reject; see `readStream`.
 */
export async function readFromLeader(options: Omit<StreamReadOptions, 'onServer'>): Promise<StreamReadEnd> {
  const { access, stream, throughSequence, timeoutMs, signal, onMessage } = options;
  const deadlineNs = nowNs() + timeoutMs * NS.ms;
  let lastSequence = Math.max(1, options.fromSequence) - 1;
  let next = lastSequence + 1;
  let foreign = 0;
  let trouble = '';
  const end = (gaveUp?: string): StreamReadEnd => ({
    complete: gaveUp === undefined,
    ...(gaveUp !== undefined && { gaveUp }),
    lastSequence,
    foreign,
  });
  if (signal?.aborted) return end(TOLD_TO_HURRY);
  if (next > throughSequence) return end();
  const wire = new WireConnection(
    { access, name: 'stormglass-reader', pingEveryMs: 2000, connectTimeoutMs: READER_CONNECT_MS },
    { onMessage: (view) => api.onMessage(view) },
  );
  const api = new WireApi(wire);
  const teller = new StampTeller(onMessage);
  const take = ({ message: { seq, hdrs = '', data = '' } }: StoredMessage): void => {
    lastSequence = seq;
    if (!teller.tell(viewOf(Buffer.from(hdrs, 'base64'), Buffer.from(data, 'base64')), seq)) foreign++;
  };
  const stopWaiting = endAtAbort(signal, wire, api);
  try {
    await wire.connect();
    for (;;) {
      signal?.throwIfAborted();
      if (nowNs() >= deadlineNs)
        throw new Error(
          `at sequence ${lastSequence} of ${throughSequence} after ${timeoutMs} ms${trouble && `; last trouble: ${trouble}`}`,
        );
      const from = next;
      const asked = Array.from({ length: Math.min(ASKED_AT_ONCE, throughSequence - from + 1) }, (_, i) =>
        askNext(api, stream, from + i),
      );
      try {
        for (const [i, answer] of (await Promise.all(asked)).entries()) {
          // Another before it has leapt over what was removed.
          if (from + i < next) continue;
          if (answer === undefined || answer.message.seq > throughSequence) return end();
          take(answer);
          next = answer.message.seq + 1;
        }
        if (next > throughSequence) return end();
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.code < 500) throw thrown;
        trouble = messageOf(thrown);
        await sleep(RETRY_MS, signal);
      }
    }
  } catch (thrown) {
    return end(signal?.aborted ? TOLD_TO_HURRY : messageOf(thrown));
  } finally {
    stopWaiting();
    // Nobody waits for a farewell then.
    if (signal?.aborted) wire.cut();
    await wire.close();
  }
}

/** The first message from a sequence on; `undefined` when there is none. */
async function askNext(
  api: WireApi,
  stream: string,
  fromSequence: number,
): Promise<StoredMessage | undefined> {
  try {
    return await api.request<StoredMessage>(
      `STREAM.MSG.GET.${stream}`,
      { seq: fromSequence, next_by_subj: '>' },
      API_MS,
    );
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.errorCode === NO_MESSAGE_FOUND) return undefined;
    throw thrown;
  }
}

/** As it would have come over the wire. */
function viewOf(headers: Buffer, payload: Buffer): MessageView {
  const buffer = Buffer.concat([headers, payload]);
  return {
    buffer,
    data: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength),
    dataStart: 0,
    subjectStart: 0,
    subjectEnd: 0,
    subjectHash: 0,
    sid: 0,
    replyStart: 0,
    replyEnd: 0,
    headerStart: 0,
    payloadStart: headers.byteLength,
    payloadEnd: buffer.byteLength,
  };
}
