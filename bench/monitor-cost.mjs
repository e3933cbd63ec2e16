// What the monitor costs an event: the bytes of a socket, recorded, through the parser and the counter. No server.
//
//     node bench/monitor-cost.mjs [--events=2000000] [--rounds=5] [--batch=32]
import { nowNs } from '../dist/base/clock.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { EventCounter } from '../dist/monitor/event-counter.js';
import {
  BATCH_ENTRY_BYTES,
  BATCH_HEADER_BYTES,
  writeBatchHeader,
  writeBodyLength,
} from '../dist/wire/batch.js';
import { messageSink } from '../dist/wire/message-sink.js';
import { WireParser } from '../dist/wire/parser.js';
import { writeStamp } from '../dist/wire/stamp.js';
import { STAMP_HEX_AT, STAMP_HEX_BYTES, writeStampHex } from '../dist/wire/stamp-header.js';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';

const EVENTS = numberOption('events', 2_000_000);
const rounds = numberOption('rounds', 5);
const batchEvents = numberOption('batch', 32);
const SUBJECTS = 64;
const MESSAGES = 64 * 40;
const READ_BYTES = 64 * 1024;
const KNOWN = [{ writer: 1, load: 'firehose' }];

const message = recordBlock(16, 1, (payload, sequence, dueUs) =>
  writeStamp(payload.bytes, payload.at, 1, sequence, dueUs),
);
const larger = recordBlock(64, 1, message.restampOne);
const batchBytes = BATCH_HEADER_BYTES + batchEvents * BATCH_ENTRY_BYTES;
// As a load sends them: its events go to the batch of their subject in turn, so that messages overtake each other.
const batch = recordBlock(batchBytes, batchEvents, ({ bytes, at }, from, dueUs) => {
  const subject = (from / batchEvents) % SUBJECTS;
  const round = Math.floor(from / batchEvents / SUBJECTS);
  writeBatchHeader(bytes, at, batchEvents);
  for (let i = 0; i < batchEvents; i++) {
    const entry = at + BATCH_HEADER_BYTES + i * BATCH_ENTRY_BYTES;
    writeStamp(bytes, entry, 1, (round * batchEvents + i) * SUBJECTS + subject, dueUs);
    writeBodyLength(bytes, entry, 0);
  }
});
const header = `NATS/1.0\r\nStormglass-Stamp: ${'0'.repeat(STAMP_HEX_BYTES)}\r\n\r\n`;
const headed = recordBlock(
  64,
  1,
  ({ bytes, at }, sequence, dueUs) =>
    writeStampHex(bytes, at - header.length + STAMP_HEX_AT, 1, sequence, dueUs),
  header,
);
const foreign = recordBlock(64, 1, () => {});

const cases = [
  ['16 B, a known load: series, lag, loss, report', message, KNOWN],
  ['16 B, an unknown writer: series, lag, loss', message, []],
  ['64 B, a known load', larger, KNOWN],
  [`batches of ${batchEvents} events of 16 B, a known load`, batch, KNOWN],
  ['64 B of JSON, stamped in a header, a known load', headed, KNOWN],
  ['64 B of somebody else: series only', foreign, KNOWN],
];
const results = cases.map(([what, block, writers]) => measure(what, () => countAll(block, writers)));
results.push(measure('of which the parser, 16 B', parseAll));
console.log(
  table([
    ['', 'ns an event', 'lowest'],
    ...results.map(({ what, ns, lowest }) => [what, ns.toFixed(1), lowest.toFixed(1)]),
  ]),
);
console.log(JSON.stringify({ bench: 'monitor-cost', events: EVENTS, rounds, machine, results }));

/** The median and the lowest of the rounds: the lowest is what is left when the machine has nothing else to do. */
function measure(what, once) {
  once();
  const all = Array.from({ length: rounds }, once);
  return { what, ns: median(all), lowest: Math.min(...all) };
}

function countAll(block, writers) {
  const plan = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };
  const counter = new EventCounter({ plan, writers, phaseClock: PhaseClock.create().buffer });
  const parser = new WireParser(messageSink((view) => counter.onMessage(view)));
  const { events, perEventNs } = feed(block, parser, () => counter.onReadStart());
  const counted = counter.figures.totalEvents;
  const { received, lost } = counter.loads.figures()[writers.length];
  const expected = block === foreign ? 0 : events;
  if (counted !== events || received !== expected || lost !== 0) throw new Error('the monitor miscounted');
  return perEventNs;
}

function parseAll() {
  let messages = 0;
  const parser = new WireParser(messageSink(() => messages++));
  const { events, perEventNs } = feed(message, parser, () => {});
  if (messages !== events) throw new Error('the parser miscounted');
  return perEventNs;
}

/** Pushes the block again and again in reads of 64 KiB; the stamps are renewed outside the time that is taken. */
function feed(block, parser, onRead) {
  let spentNs = 0;
  let events = 0;
  while (events < EVENTS) {
    events = block.restamp(events);
    const startNs = nowNs();
    for (let at = 0; at < block.bytes.length; at += READ_BYTES) {
      onRead();
      parser.push(block.bytes.subarray(at, at + READ_BYTES));
    }
    spentNs += nowNs() - startNs;
  }
  return { events, perEventNs: spentNs / events };
}

/** Messages over 64 subjects in 8 domains, back to back, as a server sends them. */
function recordBlock(payloadBytes, events, restampOne, head = '') {
  const payloadAt = [];
  const frames = [];
  let length = 0;
  for (let i = 0; i < MESSAGES; i++) {
    const subject = `cim.events.domain-${i % 8}.TypeNumber${i % SUBJECTS}`;
    const line = head
      ? `HMSG ${subject} 1 ${head.length} ${head.length + payloadBytes}\r\n${head}`
      : `MSG ${subject} 1 ${payloadBytes}\r\n`;
    payloadAt.push(length + line.length);
    const frame = Buffer.concat([Buffer.from(line), Buffer.alloc(payloadBytes, 'x'), Buffer.from('\r\n')]);
    frames.push(frame);
    length += frame.length;
  }
  // What a socket reads into: no Buffer, and memory of its own.
  const bytes = new Uint8Array(length);
  bytes.set(Buffer.concat(frames));
  return {
    bytes,
    restampOne,
    restamp(from) {
      const dueUs = Math.floor(nowNs() / 1000);
      for (const at of payloadAt) {
        restampOne({ bytes, at }, from, dueUs);
        from += events;
      }
      return from;
    },
  };
}
