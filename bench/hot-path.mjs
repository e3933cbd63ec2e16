// What one event costs in this process, in nanoseconds: pacing, stamping, recording, parsing. No server, no socket.
//
//     node bench/hot-path.mjs [--rounds=7]
import { nowNs } from '../dist/base/clock.js';
import { seededRandom } from '../dist/base/random.js';
import { AckWindow } from '../dist/generators/ack-window.js';
import { createPacer } from '../dist/generators/pacer.js';
import { readPubAck } from '../dist/generators/pub-ack.js';
import { LoadRecorder, MEASURE } from '../dist/metrics/load-recorder.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { BlockRing } from '../dist/wire/block-ring.js';
import { messageSink } from '../dist/wire/message-sink.js';
import { WireParser } from '../dist/wire/parser.js';
import { writeReplyToken } from '../dist/wire/reply-token.js';
import { emptyStamp, writeStamp } from '../dist/wire/stamp.js';
import { readMessageStamp } from '../dist/wire/stamp-header.js';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';

const rounds = numberOption('rounds', 7);
const EVENTS = 1_000_000;
const random = seededRandom(1);
const startNs = nowNs();

const ramp = { fromPerSec: 1000, toPerSec: 500_000, durationNs: 10e9 };
const pacerOf = (arrival) =>
  createPacer({ mode: 'open', arrival, unit: 'operations', stages: [ramp] }, 0, 1, {
    seed: 1,
    name: 'bench',
  });
const pacer = pacerOf({ kind: 'constant' });
const poisson = pacerOf({ kind: 'poisson' });
const kind = { subject: 'cim.events.telemetry.Sampled', weight: 1, minBytes: 16, maxBytes: 128 };
const ring = new BlockRing({ kinds: [kind], random, replyPrefix: '_INBOX.0a1b2c3d0.', replyTokenBytes: 9 });
const [block] = ring.blocks;
const phaseClock = PhaseClock.create();
// As in the middle of a run with faults: the phase is looked for, and found at once.
phaseClock.begin('steady', startNs - 3e9);
phaseClock.begin('faults', startNs - 2e9);
phaseClock.begin('steady', startNs - 1e9);
const recorder = new LoadRecorder({
  load: 'bench',
  worker: 0,
  phaseClock,
  overdueNs: Number.POSITIVE_INFINITY,
  startNs,
});
const latencies = Float64Array.from({ length: 4096 }, () => 1e5 + random.next() * 1e7);
const window = new AckWindow(256);
const stamp = emptyStamp();
let kept = 0;

const message = Buffer.concat([
  Buffer.from('MSG cim.events.telemetry.Sampled 1 16\r\n'),
  Buffer.alloc(16),
  Buffer.from('\r\n'),
]);
writeStamp(message, message.length - 18, 1, 2, 3);
// What a socket reads into: no Buffer.
const chunk = Uint8Array.from(Buffer.concat(Array.from({ length: 1000 }, () => message)));
const parser = new WireParser(
  messageSink((view) => {
    if (readMessageStamp(view, stamp)) kept += stamp.sequence;
  }),
);
const ack = Buffer.from('{"stream":"ORDERS","seq":123456789}');
const into = { streamSequence: 0, duplicate: false };

const parts = {
  'pace: due time of an operation, on a ramp': () => {
    for (let i = 0; i < EVENTS; i++) kept += pacer.dueNs(i);
  },
  'pace: due time of an operation, as Poisson arrivals': () => {
    for (let i = 0; i < EVENTS; i++) kept += poisson.dueNs(i);
  },
  'stamp: writer, sequence, due time and check into a frame': () => {
    for (let i = 0; i < EVENTS; i++) {
      writeStamp(block.bytes, block.stampAt[i % block.count], 7, i, 1_000_000_000 + i);
    }
  },
  'pace and stamp, as a batch does': () => {
    for (let i = 0; i < EVENTS; i++) {
      const dueNs = startNs + pacer.dueNs(i);
      writeStamp(block.bytes, block.stampAt[i % block.count], 7, i, Math.floor(dueNs / 1000));
    }
  },
  'pace and stamp, as a batch does, as Poisson arrivals': () => {
    for (let i = 0; i < EVENTS; i++) {
      const dueNs = startNs + poisson.dueNs(i);
      writeStamp(block.bytes, block.stampAt[i % block.count], 7, i, Math.floor(dueNs / 1000));
    }
  },
  'acknowledged: slot and reply token': () => {
    for (let i = 0; i < EVENTS; i++) {
      const slot = window.take();
      writeReplyToken(block.bytes, block.tokenAt[i % block.count], slot, window.generation[slot]);
      window.release(slot);
    }
  },
  'record: one latency, filed by phase': () => {
    for (let i = 0; i < EVENTS; i++) recorder.latency(MEASURE.ackLatency, startNs + i, latencies[i & 4095]);
  },
  'parse: MSG of 16 B with its stamp': () => {
    for (let i = 0; i < EVENTS / 1000; i++) parser.push(chunk);
  },
  'parse: an acknowledgement': () => {
    for (let i = 0; i < EVENTS; i++) if (readPubAck(ack, 0, ack.length, into)) kept += into.streamSequence;
  },
};

const results = Object.entries(parts).map(([part, work]) => {
  work();
  const ns = Array.from({ length: rounds }, () => {
    const from = nowNs();
    work();
    return (nowNs() - from) / EVENTS;
  });
  return { part, ns: median(ns), lowest: Math.min(...ns) };
});
if (!(kept > 0)) throw new Error('nothing was computed');
console.log(
  table([
    ['part', 'ns an event', 'lowest'],
    ...results.map(({ part, ns, lowest }) => [part, ns.toFixed(1), lowest.toFixed(1)]),
  ]),
);
console.log(JSON.stringify({ bench: 'hot-path', events: EVENTS, rounds, machine, results }));
