import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPubAck } from '../../src/generators/pub-ack.js';
import { readRefusal } from '../../src/generators/refusal.js';

function read(text: string) {
  const bytes = Buffer.from(`before${text}after`);
  const ack = { streamSequence: -1, duplicate: false };
  return readPubAck(bytes, 6, bytes.length - 5, ack) ? ack : undefined;
}

describe('a positive acknowledgement', () => {
  it.each([
    ['{"stream":"ORDERS","seq":1}', 1, false],
    ['{"stream":"ORDERS","domain":"hub","seq":42}', 42, false],
    ['{"stream":"ORDERS","seq":9007199254740991}', Number.MAX_SAFE_INTEGER, false],
    ['{"stream":"ORDERS","seq":7,"duplicate": true}', 7, true],
    ['{"stream":"ORDERS","seq":7,"duplicate":true}', 7, true],
    ['{"stream":"ORDERS","seq":7,"duplicate":false}', 7, false],
    ['{"stream":"seq","seq":3,"domain":"duplicate"}', 3, false],
  ])('is read from %s', (text, streamSequence, duplicate) => {
    expect(read(text)).toEqual({ streamSequence, duplicate });
  });

  it.each([
    '{"error":{"code":503,"err_code":10008,"description":"unavailable"},"stream":"ORDERS","seq":0}',
    '{"stream":"ORDERS","seq":0}',
    '{"stream":"ORD\\"ERS","seq":5}',
    '{"stream":"ORDERS"}',
    '{"stream":"ORDERS',
    '',
    '-ERR',
  ])('is not read from %s', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('is what JSON.parse says, for any stream and sequence', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 12 }),
        fc.integer({ min: 1, max: 2 ** 52 }),
        fc.option(fc.boolean(), { nil: undefined }),
        (stream, seq, duplicate) => {
          const ack = read(JSON.stringify({ stream, seq, duplicate }));
          // Names that JSON must escape are left to the slow path.
          if (ack) expect(ack).toEqual({ streamSequence: seq, duplicate: duplicate ?? false });
          else expect(JSON.stringify(stream)).toContain('\\');
        },
      ),
      { seed: 51 },
    );
  });
});

describe('a refusal', () => {
  const error = (err_code: number, description: string, code = 400) =>
    JSON.stringify({ error: { code, err_code, description }, stream: 'S', seq: 0 });

  it('is certain where nobody was there to store anything', () => {
    expect(readRefusal('NATS/1.0 503\r\n\r\n', '')).toEqual({ certain: true, reason: 'no responders' });
  });

  it.each([
    [10008, 'JetStream system temporarily unavailable'],
    [10054, 'message size exceeds maximum allowed'],
    [10060, 'expected stream does not match'],
    [10071, 'wrong last sequence: 17'],
    [10077, 'maximum messages exceeded'],
    [10077, 'maximum bytes exceeded'],
    [10077, 'maximum messages per subject exceeded'],
    [10109, 'invalid operation on sealed stream'],
  ])('%i %s is certain', (code, description) => {
    expect(readRefusal('', error(code, description)).certain).toBe(true);
  });

  it.each([
    [10023, 'insufficient resources'],
    [10077, 'write store: input/output error'],
    [99999, 'something new'],
  ])('%i %s may have been stored all the same', (code, description) => {
    expect(readRefusal('', error(code, description)).certain).toBe(false);
  });

  it('has one reason for texts that differ in their numbers', () => {
    const reasons = [17, 4711].map((n) => readRefusal('', error(10071, `wrong last sequence: ${n}`)).reason);
    expect(new Set(reasons).size).toBe(1);
    expect(reasons[0]).toBe('wrong last sequence: N (10071)');
  });

  it('is never certain when it is not understood', () => {
    for (const [header, payload] of [
      ['', 'hello'],
      ['', ''],
      ['', '{"stream":"S"}'],
      ['NATS/1.0 408 Request Timeout\r\n\r\n', ''],
    ] as const) {
      expect(readRefusal(header, payload).certain).toBe(false);
    }
    expect(readRefusal('NATS/1.0 408 Request Timeout\r\n\r\n', '').reason).toBe('status 408 Request Timeout');
  });
});
