// What making an event costs in this process, in nanoseconds, by what it is made of. No server, no socket.
//
//     node bench/events.mjs [--rounds=7]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nowNs } from '../dist/base/clock.js';
import { seededRandom } from '../dist/base/random.js';
import { parseTemplate } from '../dist/base/template.js';
import { RecordRing } from '../dist/generators/records/record-ring.js';
import { ReplayPacer } from '../dist/generators/replay-pacer.js';
import { BlockRing } from '../dist/wire/block-ring.js';
import { traceparentField } from '../dist/wire/fields/traceparent-field.js';
import { OpenBatches } from '../dist/wire/open-batches.js';
import { writeStamp } from '../dist/wire/stamp.js';
import { templateText } from '../dist/wire/template-text.js';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';

const rounds = numberOption('rounds', 7);
const EVENTS = 500_000;
const RECORDS = 50_000;
const random = seededRandom(1);
const startNs = nowNs();
let kept = 0;

const noise = (bytes, kinds = 1) =>
  Array.from({ length: kinds }, (_, i) => ({
    subject: `cim.events.d${i >> 3}.t${i & 7}`,
    weight: 1,
    minBytes: bytes,
    maxBytes: bytes,
  }));
const names = {
  domain: 'orders',
  type: 'Placed',
  subject: 'cim.events.orders.Placed',
  load: 'l',
  worker: '0',
};
const template = (text) => [
  {
    ...noise(0)[0],
    payload: templateText(parseTemplate(text), { names, random, wallOffsetMs: 1_767_225_600_000 }),
    stampIn: 'header',
  },
];

/** Stamps frames and writes their fields, as a feed does. */
function stamping(ring) {
  return () => {
    for (let done = 0, sequence = 0; done < EVENTS; ) {
      const { block } = ring;
      const count = Math.min(ring.room, EVENTS - done);
      for (let i = ring.frame; i < ring.frame + count; i++, sequence++) {
        const dueNs = startNs + sequence * 1000;
        const at = block.stampAt[i];
        if (at >= 0) writeStamp(block.bytes, at, 7, sequence, Math.floor(dueNs / 1000));
        if (block.hasFields) block.writeFields(i, 7, sequence, dueNs);
      }
      ring.pass(count);
      done += count;
      kept += block.bytes[0];
    }
    return EVENTS;
  };
}

/** Puts events into batches of 32, one open a subject, and stamps them when they are full, as a feed does. */
function batching(kinds) {
  const ring = new BlockRing({ kinds, random, envelope: 'entry' });
  const open = new OpenBatches(kinds.length, 32, (kind) => kinds[kind].maxBytes + 4);
  return () => {
    for (let done = 0, sequence = 0; done < EVENTS; ) {
      const { block, frame } = ring;
      const count = Math.min(ring.room, EVENTS - done);
      for (let i = frame; i < frame + count; i++) {
        const batch = open.of(block.kind[i], 0);
        batch.add(block, i, startNs + (done + i - frame) * 1000);
        if (!open.isFull(batch)) continue;
        batch.stamp(7, sequence);
        sequence += batch.count;
        kept += batch.bytes[3];
        open.close(batch);
      }
      ring.pass(count);
      done += count;
    }
    return EVENTS;
  };
}

const dir = mkdtempSync(join(tmpdir(), 'stormglass-bench-'));
const path = join(dir, 'records.ndjson');
const line = (i) =>
  JSON.stringify({ at: 1_767_225_600_000 + i, kind: 'Placed', total: i % 500, note: 'x'.repeat(80) });
writeFileSync(path, `${Array.from({ length: RECORDS }, (_, i) => line(i)).join('\n')}\n`);
const file = {
  path,
  format: 'ndjson',
  type: 'kind',
  time: 'at',
  repeat: false,
  records: RECORDS,
  meanBytes: 140,
  spanNs: RECORDS * 1e6,
};

const parts = {
  'noise, 16 B: the stamp': stamping(new BlockRing({ kinds: noise(16), random })),
  'noise, 128 B, traceparent on every event': stamping(
    new BlockRing({ kinds: noise(128), random, headers: { traceparent: [traceparentField(random)] } }),
  ),
  'template without fields: the stamp in its header': stamping(
    new BlockRing({ kinds: template('{"a":{{int 1 9}}}'), random }),
  ),
  'template with uuid, sequence and time': stamping(
    new BlockRing({ kinds: template('{"id":"{{uuid}}","n":{{sequence}},"at":"{{time}}"}'), random }),
  ),
  'batches of 32, 16 B, 64 subjects': batching(noise(16, 64)),
  'batches of 32, 128 B, 64 subjects': batching(noise(128, 64)),
  'records of a file, NDJSON of 140 B: read and encoded': () => {
    const kinds = [{ ...noise(0)[0], minBytes: 100, maxBytes: 200, stampIn: 'header' }];
    const event = {
      domain: 'orders',
      type: 'Placed',
      weight: 1,
      size: { minBytes: 100, maxBytes: 200 },
      payload: { kind: 'file', file },
    };
    const ring = new RecordRing({ kinds, events: [event], worker: 0, workers: 1, random });
    while (ring.room > 0) ring.pass(ring.room);
    ring.close();
    return RECORDS;
  },
  'records of a file: when they are due': () => {
    const pacer = new ReplayPacer({ kind: 'replay', file, speed: 1 }, 0, 1);
    for (let i = 0; i < RECORDS; i++) kept += pacer.dueNs(i);
    return RECORDS;
  },
};

const results = Object.entries(parts).map(([part, work]) => {
  work();
  const ns = Array.from({ length: rounds }, () => {
    const from = nowNs();
    const events = work();
    return (nowNs() - from) / events;
  });
  return { part, ns: median(ns) };
});
rmSync(dir, { recursive: true, force: true });
if (!(kept > 0)) throw new Error('nothing was computed');
console.log(table([['made of', 'ns an event'], ...results.map(({ part, ns }) => [part, ns.toFixed(1)])]));
console.log(JSON.stringify({ bench: 'events', events: EVENTS, rounds, machine, results }));
