import { expect, it } from 'vitest';
import { ReceiveTracer } from '../../src/traces/receive-tracer.js';
import { SpanRecorder } from '../../src/traces/span-recorder.js';
import { WireParser } from '../../src/wire/parser.js';

const HEADER = 'NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n';
const NOW_NS = 5e15;

it.each([
  ['within the hour', NOW_NS - 3e9, NOW_NS - 3e9],
  ['long before, by another clock', NOW_NS - 2 * 3600e9, NOW_NS],
  ['later than it was received', NOW_NS + 1, NOW_NS],
  ['at no time', Number.NaN, NOW_NS],
])('an event that was due %s is not told to have waited longer than can be', (_, dueNs, startNs) => {
  const recorder = new SpanRecorder({ sampleEvery: 1, beginsPerSec: 1, maxSpansPerSec: 10 }, 'test');
  const tracer = new ReceiveTracer(recorder);
  const ignore = () => {};
  new WireParser({
    message: (view) => tracer.received(view, dueNs, NOW_NS),
    info: ignore,
    ping: ignore,
    pong: ignore,
    ok: ignore,
    error: ignore,
  }).push(Buffer.from(`HMSG a.b 1 ${HEADER.length} ${HEADER.length + 2}\r\n${HEADER}hi\r\n`, 'latin1'));
  expect(recorder.take()?.spans).toMatchObject([
    { name: 'receive', parentId: '00f067aa0ba902b7', startNs, endNs: NOW_NS },
  ]);
});
