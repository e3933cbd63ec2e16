import { BATCH_ENTRY_BYTES, BATCH_HEADER_BYTES, writeBatchHeader } from '../../wire/batch.js';
import { STAMP_BYTES, writeStamp } from '../../wire/stamp.js';

/** What makes an event one that nobody should choke on. The last two cost their sender the connection. */
export const POISON_FORMS = [
  'not-json',
  'wrong-type',
  'empty',
  'truncated-stamp',
  'foreign-stamp',
  'broken-batch',
  'oversized',
  'garbage',
] as const;
export type PoisonForm = (typeof POISON_FORMS)[number];
export type PayloadForm = Exclude<PoisonForm, 'oversized' | 'garbage'>;

/** No run has so many writers. */
const NOBODY = 0xffff;
/** The last time that a stamp can hold. */
const FAR_FUTURE_US = 2 ** 48 - 1;

/** Payloads of each form; which of them comes next is the sender's draw. */
export const POISON_PAYLOADS: Readonly<Record<PayloadForm, readonly Uint8Array[]>> = {
  'not-json': texts('{"order": 17, "total":', '{order: 17}', '\u0000', '{"a":"\ud800"', '<event/>'),
  'wrong-type': texts('null', '42', '"placed"', '[]', '{"total": {"not": "a number"}, "order": [17]}'),
  empty: [new Uint8Array(0)],
  'truncated-stamp': [1, 2, 3, 9, STAMP_BYTES - 1].map((bytes) => foreignStamp().subarray(0, bytes)),
  'foreign-stamp': [foreignStamp(), brokenStamp()],
  'broken-batch': [batchOf(3, 1), batchOf(0xffff, 0), batchOf(0, 0), batchOf(1, 1, 0xffffffff)],
};

function texts(...all: readonly string[]): Uint8Array[] {
  return all.map((text) => Buffer.from(text));
}

/** Whole, but of a writer that does not exist, and due years from now. */
function foreignStamp(): Uint8Array {
  const bytes = new Uint8Array(STAMP_BYTES);
  writeStamp(bytes, 0, NOBODY, 2 ** 40 - 1, FAR_FUTURE_US);
  return bytes;
}

/** Of our first writer, as it says; its check byte says that it is not. */
function brokenStamp(): Uint8Array {
  const bytes = new Uint8Array(STAMP_BYTES);
  writeStamp(bytes, 0, 0, 2 ** 40 - 1, FAR_FUTURE_US);
  bytes[2]! ^= 0xff;
  return bytes;
}

/** A batch that says that it has `count` events, and has `entries`, each with a body of `bodyBytes` as it says. */
function batchOf(count: number, entries: number, bodyBytes = 0): Uint8Array {
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES + entries * BATCH_ENTRY_BYTES);
  writeBatchHeader(bytes, 0, count);
  for (let i = 0; i < entries; i++) {
    const at = BATCH_HEADER_BYTES + i * BATCH_ENTRY_BYTES;
    writeStamp(bytes, at, NOBODY, i, FAR_FUTURE_US);
    bytes.writeUInt32BE(bodyBytes, at + STAMP_BYTES);
  }
  return bytes;
}

/** What no client says, each enough for a server to end the connection. */
export const GARBAGE: readonly Uint8Array[] = [
  Buffer.from('GET / HTTP/1.1\r\nHost: nats\r\n\r\n'),
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x0d, 0x0a]),
  Buffer.from('PUB \r\n\r\n'),
  Buffer.from('PUB subject -5\r\n\r\n'),
  Buffer.from('HPUB subject 90 10\r\n0123456789\r\n'),
  Buffer.from(`SUB ${'x'.repeat(8192)} 1\r\n`),
];
