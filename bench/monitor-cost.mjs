// What the monitor costs an event: the bytes of a socket, recorded, through the parser and the counter. No server.
//
//     node bench/monitor-cost.mjs [events]

import { nowNs } from '../dist/base/clock.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { EventCounter } from '../dist/monitor/event-counter.js';
import { WireParser } from '../dist/wire/parser.js';
import { writeStamp } from '../dist/wire/stamp.js';

const EVENTS = Number(process.argv[2] ?? 4_096_000);
const SUBJECTS = 64;
const BLOCK_EVENTS = 64 * 40;
const READ_BYTES = 64 * 1024;
const ROUNDS = 5;

const block = recordBlock();
for (const [what, writers] of [
  ['a known load: series, lag, loss, report', [{ writer: 1, load: 'firehose' }]],
  ['an unknown writer: series, lag, loss', []],
]) {
  const perEventNs = Array.from({ length: ROUNDS }, () => measure(writers)).sort((a, b) => a - b);
  console.log(
    `${what}: ${perEventNs[ROUNDS >> 1].toFixed(0)} ns an event (median of ${ROUNDS}, ${EVENTS} events)`,
  );
}
console.log(`of which the parser alone: ${measureParser().toFixed(0)} ns`);

function measure(writers) {
  const plan = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };
  const counter = new EventCounter({ plan, writers, phaseClock: PhaseClock.create().buffer });
  const parser = new WireParser(sink((view) => counter.onMessage(view)));
  const perEventNs = feed(parser, () => counter.onReadStart(), true);
  const counted = counter.events.reduce((sum, n) => sum + n, 0);
  const { received, lost } = counter.loads.figures()[writers.length];
  if (counted !== EVENTS || received !== EVENTS || lost !== 0) throw new Error('the monitor miscounted');
  return perEventNs;
}

function measureParser() {
  let messages = 0;
  const perEventNs = feed(new WireParser(sink(() => messages++)), () => {}, false);
  if (messages !== EVENTS) throw new Error('the parser miscounted');
  return perEventNs;
}

/** Pushes the block again and again in reads of 64 KiB; the stamps are renewed outside the time that is taken. */
function feed(parser, onRead, renew) {
  let spentNs = 0;
  for (let done = 0; done < EVENTS; done += BLOCK_EVENTS) {
    if (renew) restamp(done);
    const startNs = nowNs();
    for (let at = 0; at < block.bytes.length; at += READ_BYTES) {
      onRead();
      parser.push(block.bytes.subarray(at, at + READ_BYTES));
    }
    spentNs += nowNs() - startNs;
  }
  return spentNs / EVENTS;
}

function restamp(from) {
  const dueUs = Math.floor(nowNs() / 1000);
  for (let i = 0; i < BLOCK_EVENTS; i++) writeStamp(block.bytes, block.stampAt[i], 1, from + i, dueUs);
}

function recordBlock() {
  const stampAt = [];
  const parts = [];
  let length = 0;
  for (let i = 0; i < BLOCK_EVENTS; i++) {
    const subject = i % SUBJECTS;
    const line = Buffer.from(`MSG cim.events.domain-${subject % 8}.TypeNumber${subject} 1 64\r\n`);
    stampAt.push(length + line.length);
    const frame = Buffer.concat([line, Buffer.alloc(64, 'x'), Buffer.from('\r\n')]);
    parts.push(frame);
    length += frame.length;
  }
  return { bytes: Buffer.concat(parts), stampAt };
}

function sink(message) {
  const nothing = () => {};
  return { message, info: nothing, ping: nothing, pong: nothing, ok: nothing, error: nothing };
}
