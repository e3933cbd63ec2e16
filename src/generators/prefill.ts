import { NS } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { freshId } from '../base/ids.js';
import { formatSize } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import { CLOSED_BY_US, WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { type PubAck, readPubAck } from './pub-ack.js';
import { readRefusal } from './refusal.js';

export interface PrefillOptions {
  readonly access: ServerAccess;
  /** Who it is for: `load carts`. */
  readonly what: string;
  readonly count: number;
  subjectOf(i: number): string;
  readonly payload: Buffer;
  readonly signal: AbortSignal;
}

/** So many are published before their acknowledgements are waited for, unless they are large. */
const BATCH = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_WITHIN_NS = 10 * NS.s;

/**
 * Publishes messages to JetStream before a load starts, each acknowledged. Rejects with a PreflightError at the first
 * that is refused, or when acknowledgements fail to come.
 */
export async function prefill(options: PrefillOptions): Promise<void> {
  const { access, what, count, subjectOf, payload, signal } = options;
  const inbox = `_INBOX.${freshId()}`;
  const ack: PubAck = { streamSequence: 0, duplicate: false };
  let missing = 0;
  let refusal = '';
  let settle = () => {};
  const onMessage = (view: MessageView): void => {
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    if (headerStart !== payloadStart || !readPubAck(buffer, payloadStart, payloadEnd, ack)) {
      const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      const header = text.toString('latin1', headerStart, payloadStart);
      refusal ||= readRefusal(header, text.toString('utf8', payloadStart, payloadEnd)).reason;
    }
    if (--missing === 0) settle();
  };
  const connection = new WireConnection(
    { access, name: 'stormglass-prefill' },
    {
      onMessage,
      onDisconnected: (reason) => {
        if (reason !== CLOSED_BY_US) refusal ||= `connection lost: ${reason}`;
        settle();
      },
    },
  );
  await connection.connect();
  const mostBytes = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (payload.length > mostBytes) {
    await connection.close();
    throw new PreflightError(
      `${what} cannot be prefilled: its values have ${formatSize(payload.length)}, the server takes ${formatSize(mostBytes)}`,
      { hint: 'make `size` smaller, or set max_payload in cluster.config' },
    );
  }
  try {
    connection.subscribe(inbox);
    const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / Math.max(1, payload.length))));
    for (let first = 0; first < count && refusal === ''; first += batch) {
      signal.throwIfAborted();
      const end = Math.min(count, first + batch);
      missing = end - first;
      const answered = new Promise<void>((resolve) => {
        settle = resolve;
      });
      const frames: Buffer[] = [];
      for (let i = first; i < end; i++) {
        frames.push(Buffer.from(`PUB ${subjectOf(i)} ${inbox} ${payload.length}\r\n`), payload, CRLF);
      }
      connection.write(Buffer.concat(frames));
      await withDeadline(answered, BATCH_WITHIN_NS / NS.ms, 'acknowledgements');
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    refusal ||= messageOf(thrown);
  } finally {
    await connection.close();
  }
  if (refusal !== '') throw new PreflightError(`${what} cannot be prefilled: ${refusal}`);
}

const CRLF = Buffer.from('\r\n');
