import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { traceparentField } from '../../src/wire/fields/traceparent-field.js';
import { messageSink } from '../../src/wire/message-sink.js';
import { WireParser } from '../../src/wire/parser.js';
import {
  emptyTraceContext,
  readTraceparent,
  sampledTraceStart,
  TRACE_FOUND,
  TRACE_MALFORMED,
  TRACE_NONE,
} from '../../src/wire/read-traceparent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const hex = (...words: number[]) => words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

/** What is read of a message with these lines in its header. */
function read(...lines: string[]) {
  const header = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  const message = `HMSG a.b 1 ${Buffer.byteLength(header)} ${Buffer.byteLength(header) + 2}\r\n${header}hi\r\n`;
  const context = emptyTraceContext();
  let seen:
    | { found: number; traceId: string; spanId: string; sampled: boolean; exemplar: string }
    | undefined;
  const sink = messageSink((view) => {
    const found = readTraceparent(view, context);
    const { traceA, traceB, traceC, traceD, spanA, spanB, sampled } = context;
    const at = sampledTraceStart(view);
    const exemplar = at < 0 ? '' : Buffer.from(view.buffer.subarray(at, at + 32)).toString('latin1');
    seen = {
      found,
      traceId: hex(traceA, traceB, traceC, traceD),
      spanId: hex(spanA, spanB),
      sampled,
      exemplar,
    };
  });
  new WireParser(sink).push(Buffer.from(message, 'latin1'));
  if (!seen) throw new Error('no message was read');
  return seen;
}

describe('a traceparent', () => {
  it.each([
    ['alone', [`traceparent: 00-${TRACE}-${SPAN}-01`]],
    ['behind others', ['Stormglass-Stamp: x', 'X-Empty:', `traceparent: 00-${TRACE}-${SPAN}-01`]],
    ['before others', [`traceparent: 00-${TRACE}-${SPAN}-01`, 'tracestate: a=b']],
    ['in capitals', [`Traceparent: 00-${TRACE}-${SPAN}-01`]],
    ['without a space', [`traceparent:00-${TRACE}-${SPAN}-01`]],
    ['with spaces around it', [`traceparent:  00-${TRACE}-${SPAN}-01 \t`]],
    ['with other flags, too', [`traceparent: 00-${TRACE}-${SPAN}-ff`]],
    ['of a later version', [`traceparent: cc-${TRACE}-${SPAN}-01`]],
    ['of a later version that says more', [`traceparent: cc-${TRACE}-${SPAN}-01-what-the-future-brings`]],
  ])('is read %s', (_, lines) => {
    expect(read(...lines)).toEqual({
      found: TRACE_FOUND,
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
      exemplar: TRACE,
    });
  });

  it('that nobody records is no exemplar', () => {
    expect(read(`traceparent: 00-${TRACE}-${SPAN}-00`)).toMatchObject({
      found: TRACE_FOUND,
      sampled: false,
      exemplar: '',
    });
  });

  it.each([
    ['empty', ''],
    ['cut', `00-${TRACE}-${SPAN}-0`],
    ['with more behind it than its version has', `00-${TRACE}-${SPAN}-01-x`],
    ['of a later version without its dash', `01-${TRACE}-${SPAN}-01x`],
    ['of the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['in capital digits', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['with what is no digit', `00-${TRACE.replace('4', 'g')}-${SPAN}-01`],
    ['with other dashes', `00_${TRACE}_${SPAN}_01`],
    ['with flags that are none', `00-${TRACE}-${SPAN}-0z`],
    ['with no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['with no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ])('that is %s is malformed', (_, value) => {
    expect(read(`traceparent: ${value}`)).toMatchObject({ found: TRACE_MALFORMED, exemplar: '' });
  });

  it('is not looked for in the values of others, nor in names that only begin like it', () => {
    expect(read(`X: traceparent: 00-${TRACE}-${SPAN}-01`, `traceparents: 00-${TRACE}-${SPAN}-01`).found).toBe(
      TRACE_NONE,
    );
  });

  it('never makes the reader fail, whatever the header is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 120 }), (text) => {
        const line = `traceparent:${text.replace(/[\r\n]/g, '')}`;
        expect([TRACE_FOUND, TRACE_MALFORMED]).toContain(read(line).found);
      }),
      { seed: 86 },
    );
  });

  it('that a load writes is a valid one, with ids of its own for each event', () => {
    const field = traceparentField(seededRandom(3));
    const bytes = Buffer.alloc(field.width);
    const traces = new Set<string>();
    for (let sequence = 0; sequence < 500; sequence++) {
      field.write(bytes, 0, 7, sequence, 0);
      const seen = read(`traceparent: ${bytes.toString('latin1')}`);
      expect(seen).toMatchObject({ found: TRACE_FOUND, sampled: true });
      traces.add(seen.traceId);
    }
    expect(traces.size).toBe(500);
  });
});
