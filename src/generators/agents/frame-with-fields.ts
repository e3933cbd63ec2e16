import { STAMP_BYTES } from '../../wire/stamp.js';
import {
  type AgentFrame,
  CORRELATION_DIGITS,
  ID_DIGITS,
  NOWHERE,
  NUMBER_DIGITS,
  TRACE_HEADER,
} from './agent-frames.js';
import type { AgentMessage } from './agent-message.js';
import { traceparentOf } from './agent-traces.js';

/** A frame of its own for an event with fields: a behaviour's choice, at a behaviour's cost. */
export function frameWithFields(
  subject: string,
  agentId: number,
  { correlation, number, fields, trace }: AgentMessage,
): AgentFrame {
  const id = String(agentId).padStart(ID_DIGITS, '0');
  const correlated =
    correlation === 0
      ? ''
      : `,"correlation":"${id}-${String(correlation).padStart(CORRELATION_DIGITS, '0')}",` +
        `"number":"${String(number).padStart(NUMBER_DIGITS, '0')}"`;
  const body = `{"agent":"${id}"${correlated},${fields}}`;
  const payloadBytes = STAMP_BYTES + Buffer.byteLength(body);
  const header = trace ? `${TRACE_HEADER}${traceparentOf(trace)}\r\n\r\n` : '';
  const line = trace
    ? `HPUB ${subject} ${header.length} ${header.length + payloadBytes}\r\n`
    : `PUB ${subject} ${payloadBytes}\r\n`;
  const bytes = Buffer.from(`${line}${header}${'0'.repeat(STAMP_BYTES)}${body}\r\n`);
  const lineBytes = Buffer.byteLength(line);
  const stampAt = lineBytes + header.length;
  return { ...NOWHERE, bytes, payloadBytes, stampAt, traceAt: lineBytes + TRACE_HEADER.length };
}
