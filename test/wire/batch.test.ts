import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BATCH_ENTRY_BYTES,
  BATCH_HEADER_BYTES,
  BatchReader,
  isBatch,
  MAX_BATCH_EVENTS,
  writeBatchHeader,
  writeBodyLength,
} from '../../src/wire/batch.js';
import type { MessageView } from '../../src/wire/parser.js';
import { emptyStamp, readStamp, STAMP_BYTES, writeStamp } from '../../src/wire/stamp.js';

interface Event {
  readonly writer: number;
  readonly sequence: number;
  readonly dueUs: number;
  readonly body: Uint8Array;
}

function encode(events: readonly Event[]): Uint8Array {
  const bytes = new Uint8Array(
    events.reduce((sum, { body }) => sum + BATCH_ENTRY_BYTES + body.length, BATCH_HEADER_BYTES),
  );
  writeBatchHeader(bytes, 0, events.length);
  let at = BATCH_HEADER_BYTES;
  for (const { writer, sequence, dueUs, body } of events) {
    writeStamp(bytes, at, writer, sequence, dueUs);
    writeBodyLength(bytes, at, body.length);
    bytes.set(body, at + BATCH_ENTRY_BYTES);
    at += BATCH_ENTRY_BYTES + body.length;
  }
  return bytes;
}

function viewOf(buffer: Uint8Array, payloadStart = 0, payloadEnd = buffer.length): MessageView {
  return {
    buffer,
    data: new DataView(buffer.buffer),
    dataStart: buffer.byteOffset,
    subjectStart: 0,
    subjectEnd: 0,
    subjectHash: 0,
    sid: 1,
    replyStart: 0,
    replyEnd: 0,
    headerStart: payloadStart,
    payloadStart,
    payloadEnd,
  };
}

function decode(reader: BatchReader, bytes: Uint8Array, start = 0, end = bytes.length): Event[] | undefined {
  if (!reader.open(viewOf(bytes, start, end))) {
    expect(reader.next()).toBe(false);
    return undefined;
  }
  const events: Event[] = [];
  while (reader.next()) {
    expect(reader.stamped).toBe(true);
    const { writer, sequence, dueNs } = reader.stamp;
    const body = bytes.slice(reader.bodyStart, reader.bodyEnd);
    events.push({ writer, sequence, dueUs: Math.round(dueNs / 1000), body });
  }
  return events;
}

const event = fc.record({
  writer: fc.nat(0xffff),
  sequence: fc.nat(2 ** 40 - 1),
  dueUs: fc.nat(2 ** 48 - 1),
  body: fc.uint8Array({ maxLength: 40 }),
});
const batch = fc.array(event, { minLength: 1, maxLength: 20 });

describe('a batch', () => {
  it('reads back as the events that were written, wherever it stands', () => {
    const reader = new BatchReader();
    fc.assert(
      fc.property(batch, fc.nat(50), (events, before) => {
        const bytes = encode(events);
        const among = new Uint8Array(before + bytes.length + 7).fill(0xc1);
        among.set(bytes, before);
        expect(decode(reader, among, before, before + bytes.length)).toEqual(events);
        expect(reader.count).toBe(events.length);
      }),
      { seed: 21 },
    );
  });

  it('holds as many events as its count can say', () => {
    const events = Array.from({ length: MAX_BATCH_EVENTS }, (_, sequence) => ({
      writer: 1,
      sequence,
      dueUs: sequence,
      body: new Uint8Array(0),
    }));
    const bytes = encode(events);
    const reader = new BatchReader();
    expect(reader.open(viewOf(bytes))).toBe(true);
    let inOrder = 0;
    while (reader.next()) if (reader.stamped && reader.stamp.sequence === inOrder) inOrder++;
    expect(inOrder).toBe(MAX_BATCH_EVENTS);
  });

  it('is no stamp, and a stamp is no batch', () => {
    const one = encode([{ writer: 1, sequence: 2, dueUs: 3, body: new Uint8Array(16) }]);
    expect(readStamp(one, 0, one.length, emptyStamp())).toBe(false);
    const stamped = new Uint8Array(64);
    writeStamp(stamped, 0, 1, 2, 3);
    expect(isBatch(viewOf(stamped))).toBe(false);
  });

  it('is refused as a whole when it was cut anywhere, or goes on behind its end', () => {
    const reader = new BatchReader();
    fc.assert(
      fc.property(batch, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (events, share) => {
        const bytes = encode(events);
        expect(decode(reader, bytes, 0, Math.floor(share * bytes.length))).toBeUndefined();
        const longer = new Uint8Array(bytes.length + 1 + Math.floor(share * 60));
        longer.set(bytes);
        expect(decode(reader, longer)).toBeUndefined();
      }),
      { seed: 22 },
    );
  });

  it('is refused when it lies about its count or a length, however large', () => {
    const reader = new BatchReader();
    const events = [0, 1, 2].map((sequence) => ({
      writer: 1,
      sequence,
      dueUs: 5,
      body: new Uint8Array(10),
    }));
    for (const count of [0, 2, 4, 0xffff]) {
      const bytes = encode(events);
      writeBatchHeader(bytes, 0, count);
      expect(decode(reader, bytes)).toBeUndefined();
    }
    // The last two would lead back, were they taken for negative numbers.
    for (const length of [0, 9, 11, 0x7fffffff, 0xffffffff, 2 ** 32 - BATCH_ENTRY_BYTES]) {
      const bytes = encode(events);
      writeBodyLength(bytes, BATCH_HEADER_BYTES, length);
      expect(decode(reader, bytes)).toBeUndefined();
    }
    expect(decode(reader, encode(events))).toHaveLength(3);
  });

  it('says which of its events somebody changed, and hands out the others', () => {
    const events = [0, 1, 2].map((sequence) => ({
      writer: 1,
      sequence,
      dueUs: 5,
      body: new Uint8Array(0),
    }));
    const bytes = encode(events);
    bytes[BATCH_HEADER_BYTES + BATCH_ENTRY_BYTES]! ^= 1;
    const reader = new BatchReader();
    expect(reader.open(viewOf(bytes))).toBe(true);
    const seen: (number | undefined)[] = [];
    while (reader.next()) seen.push(reader.stamped ? reader.stamp.sequence : undefined);
    expect(seen).toEqual([0, undefined, 2]);
  });

  it('is not found in noise', () => {
    const reader = new BatchReader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const bytes = Uint8Array.from([0xc1, 2, ...noise]);
        expect(reader.open(viewOf(noise))).toBe(false);
        // At best its lengths fit by accident.
        if (reader.open(viewOf(bytes))) while (reader.next()) expect(reader.stamped).toBe(false);
      }),
      { seed: 23, numRuns: 1000 },
    );
    expect(STAMP_BYTES).toBe(BATCH_ENTRY_BYTES - 4);
  });
});
