/** An answer that is no acknowledgement: whether it says for certain that nothing was stored, and in which words. */
export interface Refusal {
  readonly certain: boolean;
  readonly reason: string;
}

/**
 * The err_codes with which a server says that it has not stored the message and will not: checks that are made
 * before a message is proposed to the group or written. What can also come after that (insufficient resources while
 * replicas apply it, a failed rollup) is not among them: such a message may be there.
 */
const NOT_STORED = new Set([
  10008, // JetStream system temporarily unavailable
  10039, // JetStream not enabled for account
  10054, // message size exceeds maximum allowed
  10060, // expected stream does not match
  10070, // wrong last msg ID
  10071, // wrong last sequence
  10076, // JetStream not enabled
  10097, // header size exceeds maximum allowed
  10109, // invalid operation on sealed stream
  10164, // wrong last sequence, of an atomic batch
  10165, // invalid per-message TTL
  10158, // a message of this id is being stored
  10166, // per-message TTL is disabled
  10174, // atomic publish is disabled
  10175, // atomic publish sequence is missing
  10176, // atomic batch is incomplete
  10177, // header that an atomic batch cannot have
  10179, // atomic batch ID is invalid
  10193, // missing sequence for expected last sequence per subject
  10199, // atomic batch is too large
  10200, // atomic batch commit is invalid
  10201, // atomic batch contains a duplicate message id
  10205, // batch publish is disabled
  10206, // batch publish pattern is invalid
  10207, // batch publish ID is invalid
  10208, // batch publish ID unknown
  10210, // too many atomic batches in flight
  10211, // too many batches in flight
]);

/** "Store failed" is whatever the store said; its limits are looked at before anything is written. */
const STORE_FAILED = 10077;
const STORE_LIMIT =
  /^(maximum (messages|bytes)( per subject)? exceeded|message size exceeds maximum allowed)/i;

const NO_RESPONDERS: Refusal = { certain: true, reason: 'no responders' };

/** Reads a message that answers a publish and is not a positive acknowledgement. */
export function readRefusal(header: string, payload: string): Refusal {
  const status = /^NATS\/1\.0 (\d{3})(?: ([^\r\n]*))?/.exec(header);
  if (status?.[1] === '503' && payload === '') return NO_RESPONDERS;
  if (status) return { certain: false, reason: `status ${status[1]} ${status[2] ?? ''}`.trim() };
  const error = errorOf(payload);
  if (!error) return { certain: false, reason: 'an answer that is no acknowledgement' };
  const { code, description } = error;
  return {
    certain: NOT_STORED.has(code) || (code === STORE_FAILED && STORE_LIMIT.test(description)),
    // Numbers differ from message to message ("wrong last sequence: 4711"): one reason for all of them.
    reason: `${description.replace(/\d+/g, 'N')} (${code})`,
  };
}

function errorOf(payload: string): { code: number; description: string } | undefined {
  try {
    const { error } = JSON.parse(payload) as {
      error?: { code?: number; err_code?: number; description?: string };
    };
    if (typeof error !== 'object' || error === null) return undefined;
    return {
      code: error.err_code ?? error.code ?? 0,
      description: String(error.description ?? 'error').trim(),
    };
  } catch {
    return undefined;
  }
}
