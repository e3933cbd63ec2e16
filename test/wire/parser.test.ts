import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MessageView, WireParser, type WireSink } from '../../src/wire/parser.js';
import { WireProtocolError } from '../../src/wire/protocol-error.js';

/** Everything a sink was told, as plain data. */
type Said =
  | { said: 'message'; subject: string; sid: number; reply: string; header: string; payload: string }
  | { said: 'info' | 'error'; text: string }
  | { said: 'ping' | 'pong' | 'ok' };

function collector(): { sink: WireSink; said: Said[] } {
  const said: Said[] = [];
  const text = ({ buffer }: MessageView, start: number, end: number) =>
    Buffer.from(buffer.subarray(start, end)).toString('latin1');
  return {
    said,
    sink: {
      message: (view) =>
        said.push({
          said: 'message',
          subject: text(view, view.subjectStart, view.subjectEnd),
          sid: view.sid,
          reply: text(view, view.replyStart, view.replyEnd),
          header: text(view, view.headerStart, view.payloadStart),
          payload: text(view, view.payloadStart, view.payloadEnd),
        }),
      info: (json) => said.push({ said: 'info', text: json }),
      error: (message) => said.push({ said: 'error', text: message }),
      ping: () => said.push({ said: 'ping' }),
      pong: () => said.push({ said: 'pong' }),
      ok: () => said.push({ said: 'ok' }),
    },
  };
}

const token = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019_-$é\u0000\u0001\u001b\u007f'), minLength: 1, maxLength: 12 })
  .map((text) => Buffer.from(text).toString('latin1'));
const subject = fc.array(token, { minLength: 1, maxLength: 6 }).map((tokens) => tokens.join('.'));
const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }),
    // Payloads that look like protocol.
    fc.constantFrom('\r\n', 'MSG a 1 5\r\n', 'PING\r\n', "-ERR 'x'\r\n").map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 5000, maxLength: 9000 }),
  )
  .map((value) => Buffer.from(value).toString('latin1'));
const space = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const anyCase = (word: string) => fc.constantFrom(word, word, word.toLowerCase());

/** A legal element of the protocol: its bytes, and what a parser must make of them. */
const element: fc.Arbitrary<{ wire: string; said: Said }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyCase('MSG'), subject, fc.nat(99999), fc.option(subject, { nil: '' }), bytes, space)
      .map(([op, to, sid, reply, payload, gap]) => ({
        wire: `${op}${gap}${to}${gap}${sid}${gap}${reply && reply + gap}${payload.length}\r\n${payload}\r\n`,
        said: { said: 'message' as const, subject: to, sid, reply, header: '', payload },
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(anyCase('HMSG'), subject, fc.nat(99), fc.option(subject, { nil: '' }), token, bytes, space)
      .map(([op, to, sid, reply, value, payload, gap]) => {
        const header = `NATS/1.0\r\nKey: ${value}\r\n\r\n`;
        const sizes = `${header.length}${gap}${header.length + payload.length}`;
        return {
          wire: `${op}${gap}${to}${gap}${sid}${gap}${reply && reply + gap}${sizes}\r\n${header}${payload}\r\n`,
          said: { said: 'message' as const, subject: to, sid, reply, header, payload },
        };
      }),
  },
  anyCase('PING').map((op) => ({ wire: `${op}\r\n`, said: { said: 'ping' as const } })),
  anyCase('PONG').map((op) => ({ wire: `${op}\r\n`, said: { said: 'pong' as const } })),
  fc.constant({ wire: '+OK\r\n', said: { said: 'ok' as const } }),
  fc.constantFrom('Slow Consumer', "Permissions Violation for Publish to 'x'", 'Unknown').map((text) => ({
    wire: `-ERR '${text}'\r\n`,
    said: { said: 'error' as const, text },
  })),
  fc.nat(6000).map((length) => {
    const text = JSON.stringify({ server_id: 'x'.repeat(length), max_payload: 1048576 });
    return { wire: `INFO ${text}\r\n`, said: { said: 'info' as const, text } };
  }),
);

const stream = fc.array(element, { minLength: 1, maxLength: 12 }).map((elements) => ({
  wire: Buffer.from(elements.map(({ wire }) => wire).join(''), 'latin1'),
  said: elements.map(({ said }) => said),
}));

/** Feeds the pieces through one buffer that is overwritten each time, as the socket's is. */
function parsePieces(wire: Uint8Array, cuts: readonly number[]): Said[] {
  const { sink, said } = collector();
  const parser = new WireParser(sink);
  // Not at the beginning of its memory, and with more behind it.
  const read = new Uint8Array(wire.length + 40).subarray(5, 5 + wire.length);
  let at = 0;
  for (const cut of [...cuts, wire.length]) {
    const piece = wire.subarray(at, cut);
    read.fill(0x2a);
    read.set(piece);
    parser.push(read.subarray(0, piece.length));
    at = cut;
  }
  return said;
}

describe('WireParser', () => {
  it('understands every legal stream in one piece', () => {
    fc.assert(
      fc.property(stream, ({ wire, said }) => {
        expect(parsePieces(wire, [])).toEqual(said);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('understands it the same wherever it is cut', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (s, at) => {
          const cuts = at.map((share) => Math.floor(share * s.wire.length)).sort((a, b) => a - b);
          expect(parsePieces(s.wire, cuts)).toEqual(s.said);
        },
      ),
      { seed: 12, numRuns: 300 },
    );
  });

  it('understands it at every single cut, and byte by byte', () => {
    const [sample] = fc.sample(
      stream.filter(({ wire, said }) => wire.length < 1500 && said.length > 6),
      { seed: 13, numRuns: 1 },
    );
    const { wire, said } = sample!;
    for (let cut = 0; cut <= wire.length; cut++) expect(parsePieces(wire, [cut])).toEqual(said);
    expect(
      parsePieces(
        wire,
        Array.from({ length: wire.length }, (_, i) => i),
      ),
    ).toEqual(said);
  });

  it('hands out whole messages where they lie, without a copy', () => {
    const buffers: Uint8Array[] = [];
    const { sink } = collector();
    const parser = new WireParser({ ...sink, message: (view) => void buffers.push(view.buffer) });
    const chunk = Buffer.from('MSG a 1 2\r\nhi\r\nMSG a 1 2\r\nho\r\nMSG a 1 9\r\ncut');
    parser.push(chunk);
    expect(buffers).toHaveLength(2);
    expect(buffers.every((buffer) => buffer === chunk)).toBe(true);
  });

  it('gives a subject the same hash wherever it stands, and hardly ever two subjects the same', () => {
    const subjects = Array.from({ length: 500 }, (_, i) => `cim.events.domain-${i % 8}.Type${i}`);
    const seen = new Map<string, Set<number>>();
    const { sink } = collector();
    const parser = new WireParser({
      ...sink,
      message: ({ buffer, subjectStart, subjectEnd, subjectHash }) => {
        const name = Buffer.from(buffer.subarray(subjectStart, subjectEnd)).toString();
        seen.set(name, (seen.get(name) ?? new Set()).add(subjectHash));
      },
    });
    const header = 'NATS/1.0\r\nKey: value\r\n\r\n';
    const lines = subjects.flatMap((name) => [
      `MSG ${name} 1 10\r\n0123456789\r\n`,
      `MSG ${name} 12 _INBOX.abc 0\r\n\r\n`,
      `HMSG ${name} 1 ${header.length} ${header.length + 2}\r\n${header}ab\r\n`,
      `HMSG ${name} 1 7777 ${header.length} ${header.length + 2}\r\n${header}ab\r\n`,
    ]);
    const wire = Buffer.from(`${lines.join('')}PING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\n`);
    for (let at = 0; at < wire.length; at += 333) parser.push(wire.subarray(at, at + 333));
    expect([...seen.keys()]).toEqual(subjects);
    const hashes = [...seen.values()].map((of) => [...of]);
    // Those that a read cut, so that they end where it ends, are spelt unusually.
    expect(hashes.filter((of) => of.filter((hash) => hash !== 0).length !== 1)).toEqual([]);
    expect(new Set(hashes.map((of) => of.find((hash) => hash !== 0))).size).toBeGreaterThan(495);
  });

  describe('refuses what no server sends, with the bytes', () => {
    const malformed: [string, string][] = [
      ['another protocol', 'HTTP/1.1 400 Bad Request\r\n'],
      ['an unknown operation', 'PUNG\r\n'],
      ['an operation of a client', 'XUB a 1\r\n'],
      ['a first byte that begins nothing', '\u0000\u0001'],
      ['a size that is no number', 'MSG a 1 x\r\n'],
      ['a negative size', 'MSG a 1 -5\r\n'],
      ['a size beyond what a server can be told to take', 'MSG a 1 99999999999\r\n'],
      ['a sid that is no number', 'MSG a b 1\r\n'],
      ['too few words', 'MSG a 1\r\n'],
      ['too many words', 'MSG a 1 b 2 3\r\n'],
      ['a header longer than the whole', 'HMSG a 1 20 10\r\n'],
      ['a payload longer than its size', 'MSG a 1 2\r\nabc\r\n'],
      ['a line that ends without CR', 'PING\n'],
      ['a message line that ends without CR', 'MSG a 1 2\nhi\r\n'],
      ['a CR within a line', 'MSG a 1\r 2\r\nhi\r\n'],
      ['INFO without JSON', 'INFO hello\r\n'],
      ['no space after the operation', 'MSGa 1 2\r\nhi\r\n'],
    ];

    it.each(malformed)('%s', (_, text) => {
      const wire = Buffer.from(`PING\r\n${text}PONG\r\n`, 'latin1');
      for (const pieces of [[wire], Array.from(wire, (_, i) => wire.subarray(i, i + 1))]) {
        const { sink, said } = collector();
        const parser = new WireParser(sink);
        const errors: unknown[] = [];
        for (const piece of pieces) {
          try {
            parser.push(piece);
          } catch (thrown) {
            errors.push(thrown);
          }
        }
        expect(errors[0]).toBeInstanceOf(WireProtocolError);
        const { bytes: shown, message } = errors[0] as WireProtocolError;
        expect(text.startsWith(Buffer.from(shown).toString('latin1').slice(0, text.length))).toBe(true);
        expect(message).toContain(JSON.stringify(text.slice(0, 1)).slice(1, -1));
        // One error, whatever comes after it; and nothing after it is taken for sense.
        expect(new Set(errors).size).toBe(1);
        expect(said).toEqual([{ said: 'ping' }]);
      }
    });

    it('a line that never ends', () => {
      const parser = new WireParser(collector().sink);
      const chunk = Buffer.from('MSG '.padEnd(30_000, 'a'));
      parser.push(chunk);
      expect(() => {
        for (let i = 0; i < 3; i++) parser.push(Buffer.alloc(30_000, 'a'));
      }).toThrow(WireProtocolError);
    });

    it('any noise, without anything but that error', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (noise) => {
          const parser = new WireParser(collector().sink);
          try {
            parser.push(noise);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(WireProtocolError);
          }
        }),
        { seed: 14, numRuns: 2000 },
      );
    });
  });

  it('begins anew after a reset', () => {
    const { sink, said } = collector();
    const parser = new WireParser(sink);
    parser.push(Buffer.from('MSG a 1 100\r\nhalf a mess'));
    parser.reset();
    parser.push(Buffer.from('PING\r\n'));
    expect(() => parser.push(Buffer.from('?'))).toThrow(WireProtocolError);
    parser.reset();
    parser.push(Buffer.from('PONG\r\n'));
    expect(said).toEqual([{ said: 'ping' }, { said: 'pong' }]);
  });
});
