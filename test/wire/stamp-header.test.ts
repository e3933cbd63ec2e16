import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageSink } from '../../src/wire/message-sink.js';
import { WireParser } from '../../src/wire/parser.js';
import { emptyStamp, type Stamp, writeStamp } from '../../src/wire/stamp.js';
import {
  readMessageStamp,
  readStampHex,
  STAMP_HEADER,
  STAMP_HEX_AT,
  STAMP_HEX_BYTES,
  writeStampHex,
} from '../../src/wire/stamp-header.js';

const stampArb = fc.record({
  writer: fc.nat(0xffff),
  sequence: fc.nat(2 ** 40 - 1),
  dueUs: fc.nat(2 ** 48 - 1),
});

function hexOf(writer: number, sequence: number, dueUs: number): string {
  const bytes = new Uint8Array(STAMP_HEX_BYTES);
  writeStampHex(bytes, 0, writer, sequence, dueUs);
  return Buffer.from(bytes).toString('latin1');
}

/** The stamp that a message is found to have, as a server would send it. */
function stampOf(header: string, payload: Uint8Array | string): Stamp | undefined {
  let found: Stamp | undefined;
  const parser = new WireParser(
    messageSink((view) => {
      const stamp = emptyStamp();
      if (readMessageStamp(view, stamp)) found = stamp;
      else expect(stamp).toEqual(emptyStamp());
    }),
  );
  const body = Buffer.from(payload);
  const head = Buffer.from(header);
  const line = header ? `HMSG a 1 ${head.length} ${head.length + body.length}` : `MSG a 1 ${body.length}`;
  parser.push(Buffer.concat([Buffer.from(`${line}\r\n`), head, body, Buffer.from('\r\n')]));
  return found;
}

const JSON_PAYLOAD = '{"orderId":"a-b-c","price":12.5}';
const hex = hexOf(7, 123_456, 99);
const stamp = { writer: 7, sequence: 123_456, dueNs: 99_000 };

describe('a stamp in a header', () => {
  it('reads back what was written, in the digits of the stamp itself', () => {
    fc.assert(
      fc.property(stampArb, fc.nat(20), ({ writer, sequence, dueUs }, at) => {
        const bytes = new Uint8Array(at + STAMP_HEX_BYTES);
        writeStampHex(bytes, at, writer, sequence, dueUs);
        const into = emptyStamp();
        expect(readStampHex(new DataView(bytes.buffer), at, into)).toBe(true);
        expect(into).toEqual({ writer, sequence, dueNs: dueUs * 1000 });
        const binary = new Uint8Array(16);
        writeStamp(binary, 0, writer, sequence, dueUs);
        expect(Buffer.from(bytes.subarray(at)).toString('latin1')).toBe(Buffer.from(binary).toString('hex'));
      }),
      { seed: 31 },
    );
  });

  it('is found as the first header, whatever the payload and the headers behind it', () => {
    expect(`NATS/1.0\r\n${STAMP_HEADER}: `).toHaveLength(STAMP_HEX_AT);
    const header = `NATS/1.0\r\nStormglass-Stamp: ${hex}\r\n`;
    expect(stampOf(`${header}\r\n`, JSON_PAYLOAD)).toEqual(stamp);
    expect(stampOf(`${header}traceparent: 00-ab-cd-01\r\n\r\n`, '')).toEqual(stamp);
    expect(stampOf(`${header.replace(hex, hex.toUpperCase())}\r\n`, JSON_PAYLOAD)).toEqual(stamp);
  });

  it('stands behind a stamp in the payload', () => {
    const payload = new Uint8Array(16);
    writeStamp(payload, 0, 1, 2, 3);
    expect(stampOf(`NATS/1.0\r\nStormglass-Stamp: ${hex}\r\n\r\n`, payload)).toEqual({
      writer: 1,
      sequence: 2,
      dueNs: 3000,
    });
    expect(stampOf('', payload)).toEqual({ writer: 1, sequence: 2, dueNs: 3000 });
  });

  it.each([
    ['in no header at all', ''],
    ['in another header', `NATS/1.0\r\nNats-Msg-Id: ${hex}\r\n\r\n`],
    ['in the second header', `NATS/1.0\r\nA: b\r\nStormglass-Stamp: ${hex}\r\n\r\n`],
    ['in a header spelt otherwise', `NATS/1.0\r\nstormglass-stamp: ${hex}\r\n\r\n`],
    ['in digits that are no hex', `NATS/1.0\r\nStormglass-Stamp: ${hex.replace(/..$/, 'xy')}\r\n\r\n`],
    ['in too few digits', `NATS/1.0\r\nStormglass-Stamp: ${hex.slice(1)}\r\n\r\n`],
    ['in too many digits', `NATS/1.0\r\nStormglass-Stamp: ${hex}0\r\n\r\n`],
    ['behind a status', `NATS/1.0 503\r\nStormglass-Stamp: ${hex}\r\n\r\n`],
    ['in digits that were changed', `NATS/1.0\r\nStormglass-Stamp: ${hex.replace(/.$/, '0')}\r\n\r\n`],
  ])('is not found %s', (_, header) => {
    expect(stampOf(header, JSON_PAYLOAD)).toBeUndefined();
  });
});
