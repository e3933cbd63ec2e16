import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.js';
import { BlockRing } from '../../src/wire/block-ring.js';
import type { FrameShape } from '../../src/wire/frame-encoder.js';
import type { FrameHeaders } from '../../src/wire/frame-headers.js';
import { drawMix } from '../../src/wire/frame-mix.js';
import type { FrameField } from '../../src/wire/frame-text.js';
import {
  REPLY_TOKEN_BYTES,
  readTokenGeneration,
  readTokenSlot,
  TOKEN_GENERATIONS,
  TOKEN_SLOTS,
  writeReplyToken,
} from '../../src/wire/reply-token.js';
import { emptyStamp, readStamp, STAMP_BYTES, writeStamp } from '../../src/wire/stamp.js';
import { STAMP_HEX_AT, STAMP_HEX_BYTES } from '../../src/wire/stamp-header.js';

const kinds = [
  { subject: 'cim.events.orders.Placed', weight: 70, minBytes: 16, maxBytes: 64 },
  { subject: 'cim.events.orders.Paid', weight: 25, minBytes: 256, maxBytes: 256 },
  { subject: 'cim.events.orders.PaymentFailed', weight: 5, minBytes: 100, maxBytes: 5000 },
];

interface Frame {
  line: string;
  header: string;
  payload: Buffer;
}

/** Reads frames back as a server does: by control line and sizes alone. */
function decode(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const line = bytes.toString('latin1', at, lineEnd);
    const words = line.split(' ');
    const total = Number(words.at(-1));
    const headerBytes = words[0] === 'HPUB' ? Number(words.at(-2)) : 0;
    const body = bytes.subarray(lineEnd + 2, lineEnd + 2 + total);
    expect(bytes.toString('latin1', lineEnd + 2 + total, lineEnd + 4 + total)).toBe('\r\n');
    frames.push({
      line,
      header: body.toString('latin1', 0, headerBytes),
      payload: body.subarray(headerBytes),
    });
    at = lineEnd + 4 + total;
  }
  return frames;
}

const ringOf = (shape: Partial<FrameShape> = {}, options = {}) =>
  new BlockRing({ kinds, random: seededRandom(7), ...shape, ...options });

describe('a mix', () => {
  it('has the shares of its weights to the message, and every kind at least once', () => {
    const { kind } = drawMix(kinds, 1000, seededRandom(1));
    expect([0, 1, 2].map((k) => kind.filter((other) => other === k).length)).toEqual([700, 250, 50]);
    const rare = drawMix([kinds[0]!, { ...kinds[1]!, weight: 0.001 }], 100, seededRandom(1));
    expect(rare.kind.filter((k) => k === 1)).toHaveLength(1);
    expect(rare.kind).toHaveLength(100);
    const many = Array.from({ length: 90 }, (_, i) => ({ ...kinds[0]!, weight: i === 0 ? 1 : 1e-6 }));
    const crowded = drawMix(many, 100, seededRandom(1)).kind;
    expect(crowded).toHaveLength(100);
    expect(new Set(crowded).size).toBe(90);
  });

  it('spreads sizes over their whole range, and is the same for the same seed', () => {
    const { kind, payloadBytes } = drawMix(kinds, 1000, seededRandom(1));
    const placed = [...payloadBytes.filter((_, i) => kind[i] === 0)].sort((a, b) => a - b);
    expect([placed[0], placed[350], placed.at(-1)]).toEqual([16, 40, 64]);
    expect(drawMix(kinds, 1000, seededRandom(1))).toEqual({ kind, payloadBytes });
    expect(drawMix(kinds, 1000, seededRandom(2)).kind).not.toEqual(kind);
  });
});

describe('a block of frames', () => {
  it.each([
    ['PUB', {}],
    ['HPUB', { headers: { 'X-Kind': 'test', Empty: '' } }],
    ['PUB with a reply', { replyPrefix: '_INBOX.x.', replyTokenBytes: REPLY_TOKEN_BYTES }],
    [
      'HPUB with a reply',
      { headers: { A: 'b' }, replyPrefix: '_INBOX.x.', replyTokenBytes: REPLY_TOKEN_BYTES },
    ],
  ] as [string, Partial<FrameShape>][])('is %s frames that a server understands', (_, shape) => {
    for (const block of ringOf(shape, { blocks: 2 }).blocks) {
      for (let i = 0; i < block.count; i++) {
        writeStamp(block.bytes, block.stampAt[i]!, 5, 1000 + i, 2000 + i);
        if (shape.replyPrefix) writeReplyToken(block.bytes, block.tokenAt[i]!, i, 2 * i);
      }
      const frames = decode(block.bytes);
      expect(frames).toHaveLength(block.count);
      frames.forEach(({ line, header, payload }, i) => {
        const { subject, minBytes, maxBytes } = kinds[block.kind[i]!]!;
        expect(line.split(' ')[1]).toBe(subject);
        expect(payload.length).toBeGreaterThanOrEqual(minBytes);
        expect(payload.length).toBeLessThanOrEqual(maxBytes);
        expect(block.payloadBefore[i + 1]! - block.payloadBefore[i]!).toBe(payload.length);
        const lines = Object.entries(shape.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
        expect(header).toBe(lines.length > 0 ? `NATS/1.0\r\n${lines.join('')}\r\n` : '');
        const stamp = emptyStamp();
        expect(readStamp(payload, 0, payload.length, stamp)).toBe(true);
        expect(stamp).toEqual({ writer: 5, sequence: 1000 + i, dueNs: (2000 + i) * 1000 });
        if (shape.replyPrefix) {
          const reply = Buffer.from(line.split(' ')[2]!);
          expect(reply.toString().startsWith(shape.replyPrefix)).toBe(true);
          expect(readTokenSlot(reply, reply.length - REPLY_TOKEN_BYTES)).toBe(i);
          expect(readTokenGeneration(reply, reply.length - REPLY_TOKEN_BYTES)).toBe(2 * i);
        }
      });
    }
  });

  it('is filled with what does not compress, the same for the same seed', () => {
    const kind = { subject: 'a', weight: 1, minBytes: 4096, maxBytes: 4096 };
    const [block] = ringOf({ kinds: [kind] }).blocks;
    expect(deflateSync(block!.bytes).length).toBeGreaterThan(block!.bytes.length * 0.98);
    expect(ringOf({ kinds: [kind] }).blocks[0]!.bytes.equals(block!.bytes)).toBe(true);
  });

  it.each([
    ['a payload without room for the stamp', { kinds: [{ ...kinds[0]!, minBytes: 15 }] }, /15 B has no room/],
    ['a wildcard', { kinds: [{ ...kinds[0]!, subject: 'a.*' }] }, /"a\.\*" is not a subject/],
    ['an empty token', { kinds: [{ ...kinds[0]!, subject: 'a..b' }] }, /not a subject/],
    ['a space', { kinds: [{ ...kinds[0]!, subject: 'a b' }] }, /not a subject/],
    ['a line too long', { kinds: [{ ...kinds[0]!, subject: 'a'.repeat(4096) }] }, /control line of \d+ B/],
    ['a header that ends early', { headers: { A: 'b\r\nC: d' } }, /cannot stand in a message's header/],
    ['no kind at all', { kinds: [] }, /no kind of message/],
  ] as [string, Partial<FrameShape>, RegExp][])('refuses %s', (_, shape, message) => {
    expect(() => ringOf(shape)).toThrow(message);
  });
});

/** Eight hex digits that are different for every operation: enough to see which one a field was written for. */
const mark: FrameField = {
  width: 8,
  write: (bytes, at, writer, sequence, dueNs) => {
    Buffer.from(bytes.buffer, bytes.byteOffset).write(
      (writer * 2 ** 24 + sequence * 256 + dueNs).toString(16).padStart(8, '0'),
      at,
    );
  },
};
const markOf = (writer: number, sequence: number, dueNs: number) =>
  (writer * 2 ** 24 + sequence * 256 + dueNs).toString(16).padStart(8, '0');

describe('fields of a frame', () => {
  it('are written anew for each operation, in headers and payloads, and change nothing else', () => {
    const json = {
      ...kinds[0]!,
      minBytes: 0,
      maxBytes: 0,
      stampIn: 'header',
      payload: (random: Random) => [`{"n":${random.below(1e6)},"a":"`, mark, '","b":"', mark, '"}'],
    } as const;
    const ring = ringOf(
      { kinds: [json, kinds[1]!], headers: { 'Nats-Msg-Id': ['id-', mark], Fixed: 'x' } },
      { blocks: 2 },
    );
    const [block] = ring.blocks;
    const fresh = decode(Buffer.from(block!.bytes));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < block!.count; i++) {
        const sequence = round * 1000 + i;
        if (block!.stampAt[i]! >= 0) writeStamp(block!.bytes, block!.stampAt[i]!, 5, sequence, 7);
        block!.writeFields(i, 5, sequence, 7000);
      }
      decode(block!.bytes).forEach(({ line, header, payload }, i) => {
        const expected = markOf(5, round * 1000 + i, 7000);
        expect(line).toBe(fresh[i]!.line);
        expect(header).toContain(`Nats-Msg-Id: id-${expected}\r\nFixed: x\r\n\r\n`);
        const stamp = emptyStamp();
        if (block!.kind[i] === 0) {
          expect(JSON.parse(payload.toString())).toEqual({ n: expect.any(Number), a: expected, b: expected });
          const hex = header.slice(STAMP_HEX_AT, STAMP_HEX_AT + STAMP_HEX_BYTES);
          expect(readStamp(Buffer.from(hex, 'hex'), 0, STAMP_BYTES, stamp)).toBe(true);
        } else {
          expect(payload.subarray(16).equals(fresh[i]!.payload.subarray(16))).toBe(true);
          expect(readStamp(payload, 0, payload.length, stamp)).toBe(true);
        }
        expect(stamp).toEqual({ writer: 5, sequence: round * 1000 + i, dueNs: 7000 });
      });
    }
  });

  it('may be different from frame to frame, and repeat without a seam', () => {
    const ring = ringOf(
      { headers: { A: 'b' }, headersOf: (frame): FrameHeaders => (frame % 7 === 6 ? { Commit: '1' } : {}) },
      { blocks: 3, framesMultipleOf: 7 },
    );
    const frames = ring.blocks.flatMap(({ bytes }) => decode(bytes));
    expect(frames.length % 7).toBe(0);
    frames.forEach(({ header }, i) => {
      expect(header).toBe(`NATS/1.0\r\nA: b\r\n${i % 7 === 6 ? 'Commit: 1\r\n' : ''}\r\n`);
    });
  });
});

describe('the ring of blocks', () => {
  it('hands out every frame in order, whatever is taken at a time, and never a block that is on its way', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 60 }), (steps) => {
        const ring = ringOf({}, { blockBytes: 4096, blocks: 3 });
        const wire = Buffer.concat(ring.blocks.map(({ bytes }) => bytes));
        const onTheWay: (typeof ring.block)[] = [];
        let at = 0;
        for (const [count, flush] of steps) {
          if (flush) for (const block of onTheWay.splice(0)) block.pendingWrites--;
          const { block, frame, room } = ring;
          if (room === 0) {
            expect(frame).toBe(0);
            expect(onTheWay).toContain(block);
            continue;
          }
          const taken = ring.take(Math.min(room, count + 1));
          onTheWay.push(block);
          expect(taken.equals(wire.subarray(at, at + taken.length))).toBe(true);
          at = (at + taken.length) % wire.length;
        }
      }),
      { seed: 61, numRuns: 100 },
    );
  });

  it('has room for a message larger than a block', () => {
    const large = { subject: 'large', weight: 1, minBytes: 300_000, maxBytes: 300_000 };
    const ring = ringOf({ kinds: [large], headers: { A: 'b' } }, { blocks: 2 });
    expect(ring.blocks.map(({ count }) => count)).toEqual([1, 1]);
    expect(ring.largestMessageBytes).toBe(300_000 + 'NATS/1.0\r\nA: b\r\n\r\n'.length);
  });
});

describe('a reply token', () => {
  it('reads back, and is legal in a subject', () => {
    fc.assert(
      fc.property(fc.nat(TOKEN_SLOTS - 1), fc.nat(TOKEN_GENERATIONS - 1), (slot, generation) => {
        const bytes = Buffer.alloc(REPLY_TOKEN_BYTES);
        writeReplyToken(bytes, 0, slot, generation);
        expect(readTokenSlot(bytes, 0)).toBe(slot);
        expect(readTokenGeneration(bytes, 0)).toBe(generation);
        expect(bytes.toString()).toMatch(/^[0-9A-Za-z_-]{9}$/);
      }),
      { seed: 62 },
    );
  });

  it('is not read from what is none', () => {
    expect(readTokenSlot(Buffer.from('*.>  abcd'), 0)).toBe(-1);
    expect(readTokenGeneration(Buffer.from('0000a.b.c'), 0)).toBe(-1);
  });
});
