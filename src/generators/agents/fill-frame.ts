import { writeReplyToken } from '../../wire/reply-token.js';
import { writeStamp } from '../../wire/stamp.js';
import {
  type AgentFrame,
  CORRELATION_DIGITS,
  FAILURE,
  ID_DIGITS,
  NUMBER_DIGITS,
  SHARD_DIGITS,
  SUCCESS,
} from './agent-frames.js';
import { type AgentMessage, ANSWER, COMMAND, QUESTION } from './agent-message.js';
import { traceparentOf } from './agent-traces.js';
import type { Chunk } from './chunk-pool.js';
import { writeDecimal } from './decimal.js';
import type { Shards } from './shards.js';

const HYPHEN = 45;

/** Copies a frame into a chunk with room for it, and fills in what is the message's own. The hot path. */
export function fillFrame(
  chunk: Chunk,
  frame: AgentFrame,
  shards: Shards,
  writer: number,
  sequence: number,
  message: AgentMessage,
): void {
  const { bytes, used } = chunk;
  frame.bytes.copy(bytes, used);
  chunk.used = used + frame.bytes.length;
  writeStamp(bytes, used + frame.stampAt, writer, sequence, Math.floor(message.dueNs / 1000));
  if (message.trace) bytes.write(traceparentOf(message.trace), used + frame.traceAt, 'latin1');
  if (frame.ownerAt > 0) fillLetter(bytes, used, frame, shards, message);
  else fillEvent(bytes, used, frame, shards.idOf(message.agent), message);
}

function fillLetter(
  bytes: Buffer,
  at: number,
  frame: AgentFrame,
  shards: Shards,
  { form, agent, to, slot, generation, failed }: AgentMessage,
): void {
  const id = shards.idOf(agent);
  const owner = form === QUESTION || form === ANSWER ? to : id;
  writeDecimal(bytes, at + frame.shardAt, SHARD_DIGITS, shards.shardOf(owner));
  writeDecimal(bytes, at + frame.ownerAt, ID_DIGITS, owner);
  writeDecimal(bytes, at + frame.agentAt, ID_DIGITS, owner);
  writeDecimal(bytes, at + frame.fromAt, ID_DIGITS, form === COMMAND ? 0 : id);
  writeReplyToken(bytes, at + frame.tokenAt, slot, generation);
  if (frame.outcomeAt > 0) bytes.write(failed ? FAILURE : SUCCESS, at + frame.outcomeAt, 'latin1');
}

function fillEvent(
  bytes: Buffer,
  at: number,
  frame: AgentFrame,
  id: number,
  { correlation, number }: AgentMessage,
): void {
  if (frame.agentAt > 0) writeDecimal(bytes, at + frame.agentAt, ID_DIGITS, id);
  if (frame.correlationAt === 0) return;
  const correlationAt = at + frame.correlationAt;
  writeDecimal(bytes, correlationAt, ID_DIGITS, id);
  bytes[correlationAt + ID_DIGITS] = HYPHEN;
  writeDecimal(bytes, correlationAt + ID_DIGITS + 1, CORRELATION_DIGITS, correlation);
  writeDecimal(bytes, at + frame.numberAt, NUMBER_DIGITS, number);
}
