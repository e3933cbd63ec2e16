const SHOWN_BYTES = 48;

/** Bytes that no NATS server sends. After it, the stream has no meaning any more: the connection must be given up. */
export class WireProtocolError extends Error {
  override readonly name = 'WireProtocolError';
  /** The first of the offending bytes, copied. */
  readonly bytes: Uint8Array;

  constructor(what: string, bytes: Uint8Array, start: number, end: number) {
    const shown = Buffer.from(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)));
    super(`${what}: ${JSON.stringify(shown.toString('latin1'))}${end - start > SHOWN_BYTES ? '…' : ''}`);
    this.bytes = shown;
  }
}
