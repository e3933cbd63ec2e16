import type { Random } from '../../base/random.js';
import type { SizePlan } from '../../contracts/plan/size.js';
import { REPLY_TOKEN_BYTES } from '../../wire/reply-token.js';
import { sizeQuantile } from '../../wire/size-quantile.js';
import { STAMP_BYTES } from '../../wire/stamp.js';
import { TRACE_BYTES } from './agent-traces.js';

/** Digits of an agent's id, and of a shard's. */
export const ID_DIGITS = 7;
export const SHARD_DIGITS = 5;
export const MAX_AGENTS = 10 ** ID_DIGITS;
/** Digits of the number of a correlation of its agent, and of an event of it. */
export const CORRELATION_DIGITS = 8;
export const NUMBER_DIGITS = 5;

/** So many sizes stand for a range of them. */
const SIZES = 32;

/** A PUB as it goes over the wire, but for what differs from one message to the next: places are offsets, 0 for none. */
export interface AgentFrame {
  readonly bytes: Buffer;
  readonly payloadBytes: number;
  readonly stampAt: number;
  /** In the subject: whose it is. */
  readonly shardAt: number;
  readonly ownerAt: number;
  /** In the payload: whom it is about, who sent it, which question it belongs to. */
  readonly agentAt: number;
  readonly fromAt: number;
  readonly tokenAt: number;
  readonly correlationAt: number;
  readonly numberAt: number;
  /** Of a result: how the command ended. */
  readonly outcomeAt: number;
  /** In the header: its `traceparent`. */
  readonly traceAt: number;
}

/** No place at all. */
export const NOWHERE = {
  stampAt: 0,
  shardAt: 0,
  ownerAt: 0,
  agentAt: 0,
  fromAt: 0,
  tokenAt: 0,
  correlationAt: 0,
  numberAt: 0,
  outcomeAt: 0,
  traceAt: 0,
} as const;

/** Where the parts of a letter stand, from the payload's beginning. */
export const LETTER_FROM_AT = STAMP_BYTES + '{"agent":"'.length + ID_DIGITS + '","from":"'.length;
export const LETTER_TOKEN_AT = LETTER_FROM_AT + ID_DIGITS + '","token":"'.length;
export const LETTER_BYTES = LETTER_TOKEN_AT + REPLY_TOKEN_BYTES + '"}'.length;

/** What a traced message's header begins with: its `traceparent` follows. */
export const TRACE_HEADER = 'NATS/1.0\r\ntraceparent: ';

/** How a command ended, as its result says it: words of one length. */
export const SUCCESS = 'success';
export const FAILURE = 'failure';
const OUTCOME_BYTES = SUCCESS.length;
export const RESULT_BYTES = LETTER_BYTES + '","outcome":"'.length + OUTCOME_BYTES;

type Place = Exclude<keyof AgentFrame, 'bytes' | 'payloadBytes'>;
type Part = string | Uint8Array | readonly [place: Place, width: number];

const AGENT: Part = ['agentAt', ID_DIGITS];
const TRACED: readonly Part[] = [TRACE_HEADER, ['traceAt', TRACE_BYTES], '\r\n\r\n'];

/** Frames of an event for its sizes. Those with room say which agent it is; a correlated one always does. */
export function eventFrames(
  subject: string,
  size: SizePlan,
  random: Random,
  correlated: boolean,
  traced = false,
): readonly AgentFrame[] {
  const body: readonly Part[] = correlated
    ? ([
        ...['{"agent":"', AGENT, '","correlation":"', ['correlationAt', ID_DIGITS + 1 + CORRELATION_DIGITS]],
        ...['","number":"', ['numberAt', NUMBER_DIGITS], '"}'],
      ] as Part[])
    : ['{"agent":"', AGENT, '"}'];
  const bodyBytes = widthOf(body);
  const quantile = sizeQuantile(size);
  const variants = size.minBytes === size.maxBytes ? 1 : SIZES;
  const sizes = Array.from({ length: variants }, (_, i) => quantile((i + random.next()) / variants));
  return sizes
    .map((bytes) => ({ bytes, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ bytes }) => {
      const room = bytes - STAMP_BYTES;
      const parts = correlated || room >= bodyBytes ? body : [];
      const filler = new Uint8Array(Math.max(0, room - widthOf(parts)));
      random.fill(filler);
      return layOut([subject], [...parts, filler], traced);
    });
}

/** A letter, on a subject of the agent's own; a result says how its command ended. */
export function letterFrame(subject: string, isResult: boolean, traced = false): AgentFrame {
  const outcome: readonly Part[] = isResult ? ['","outcome":"', ['outcomeAt', OUTCOME_BYTES]] : [];
  return layOut(
    [`${subject}.`, ['shardAt', SHARD_DIGITS], '.', ['ownerAt', ID_DIGITS]],
    [
      '{"agent":"',
      AGENT,
      '","from":"',
      ['fromAt', ID_DIGITS],
      '","token":"',
      ['tokenAt', REPLY_TOKEN_BYTES],
      ...outcome,
      '"}',
    ],
    traced,
  );
}

function layOut(subject: readonly Part[], body: readonly Part[], traced: boolean): AgentFrame {
  const payloadBytes = STAMP_BYTES + widthOf(body);
  const header: readonly Part[] = traced ? TRACED : [];
  const headerBytes = widthOf(header);
  const sizes = traced ? `${headerBytes} ${headerBytes + payloadBytes}` : payloadBytes;
  const parts: readonly Part[] = [
    traced ? 'HPUB ' : 'PUB ',
    ...subject,
    ` ${sizes}\r\n`,
    ...header,
    ['stampAt', STAMP_BYTES],
    ...body,
    '\r\n',
  ];
  const places: Partial<Record<Place, number>> = {};
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    if (isPlace(part)) places[part[0]] = at;
    const piece = isPlace(part) ? Buffer.alloc(part[1], '0') : Buffer.from(part as string);
    pieces.push(piece);
    at += piece.length;
  }
  return { ...NOWHERE, ...places, bytes: Buffer.concat(pieces), payloadBytes };
}

const isPlace = (part: Part): part is readonly [Place, number] => Array.isArray(part);

const widthOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + (isPlace(part) ? part[1] : Buffer.byteLength(part as string)), 0);
