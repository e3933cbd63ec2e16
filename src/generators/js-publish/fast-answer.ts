/** What a server says of a fast batch, as plain data. */
export type FastAnswer =
  /** Everything up to this position is stored. */
  | { readonly kind: 'ack'; readonly position: number }
  /** The batch has ended: so many messages of it are stored, the last with this sequence of the stream. */
  | { readonly kind: 'end'; readonly count: number; readonly streamSequence: number }
  /** A message was missing: the batch ends, and how is said next. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'other' };

const ACK = Buffer.from('{"type":"ack","seq":');

/** The position up to which everything is stored, when that is what the payload says; −1 for anything else. The hot path. */
export function readFlowAck(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= ACK.length) return -1;
  for (let i = 0; i < ACK.length; i++) if (bytes[start + i] !== ACK[i]) return -1;
  let value = 0;
  for (let at = start + ACK.length; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads the payload of an answer. */
export function readFastAnswer(payload: string): FastAnswer {
  let parsed: { type?: string; seq?: number; count?: number; stream?: string; error?: unknown };
  try {
    parsed = JSON.parse(payload);
  } catch {
    return { kind: 'other' };
  }
  if (parsed.error !== undefined) return { kind: 'other' };
  if (parsed.type === 'ack') return { kind: 'ack', position: parsed.seq ?? 0 };
  if (parsed.type === 'gap') return { kind: 'gap' };
  if (parsed.stream === undefined) return { kind: 'other' };
  return { kind: 'end', count: parsed.count ?? 0, streamSequence: parsed.seq ?? 0 };
}
