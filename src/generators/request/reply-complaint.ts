import type { MessageView } from '../../wire/parser.js';

/** What a reply says that is none: in which words, and whether it is certain that nothing was done. */
export interface Complaint {
  readonly outcome: 'failed' | 'unknown';
  readonly reason: string;
}

const STATUS_AT = 'NATS/1.0'.length;
const SPACE = 0x20;
const ERROR = Buffer.from('Nats-Service-Error');

const NO_RESPONDERS: Complaint = { outcome: 'failed', reason: 'no responders' };

/** Reads the headers of a reply: a status of the server, or the error of a service (ADR-32); `undefined` for others. */
export function readComplaint({
  buffer,
  headerStart,
  payloadStart,
  payloadEnd,
}: MessageView): Complaint | undefined {
  const isStatus = buffer[headerStart + STATUS_AT] === SPACE;
  if (!isStatus && !holds(buffer, headerStart, payloadStart, ERROR)) return undefined;
  const header = Buffer.from(buffer.subarray(headerStart, payloadStart)).toString('utf8');
  const status = /^NATS\/1\.0 +(\d{3})(?: +([^\r\n]*))?/.exec(header);
  if (status?.[1] === '503' && payloadStart === payloadEnd) return NO_RESPONDERS;
  if (status) return { outcome: 'unknown', reason: `status ${status[1]} ${status[2] ?? ''}`.trim() };
  const [, code = '?'] = /^Nats-Service-Error-Code: *([^\r\n]*)/im.exec(header) ?? [];
  const [, text = ''] = /^Nats-Service-Error: *([^\r\n]*)/im.exec(header) ?? [];
  // Numbers differ from reply to reply: one reason for all of them.
  return { outcome: 'failed', reason: `service error ${code.trim()}: ${text.trim().replace(/\d+/g, 'N')}` };
}

function holds(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  const first = wanted[0];
  for (let at = start; at <= end - wanted.length; at++) {
    if (bytes[at] !== first) continue;
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return true;
  }
  return false;
}
