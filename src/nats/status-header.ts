import type { MessageView } from '../wire/parser.js';

/** A message without a payload by which a server answers a request: `NATS/1.0 408 Request Timeout`. */
export interface StatusHeader {
  readonly code: number;
  readonly text: string;
  /** How many messages of the pull this ends were not delivered; 0 when it does not say. */
  readonly undelivered: number;
}

/** The status in a message's header; undefined when it carries none. */
export function readStatus({ buffer, headerStart, payloadStart }: MessageView): StatusHeader | undefined {
  if (headerStart === payloadStart) return undefined;
  const header = Buffer.from(
    buffer.buffer,
    buffer.byteOffset + headerStart,
    payloadStart - headerStart,
  ).toString();
  const status = /^NATS\/1\.0 +(\d{3}) ?([^\r\n]*)/.exec(header);
  if (!status) return undefined;
  const undelivered = /^Nats-Pending-Messages: *(\d+)/im.exec(header)?.[1];
  return { code: Number(status[1]), text: status[2]!.trim(), undelivered: Number(undelivered ?? 0) };
}
