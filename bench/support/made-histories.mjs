// Histories as a steady load makes them, in the order in which operations ended; every check finds nothing in them.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from '../../dist/history/history-reader.js';
import { HistoryWriter } from '../../dist/history/history-writer.js';
import { emptyRow } from '../../dist/history/operation-row.js';
import { ReadBlocks } from '../../dist/history/read-blocks.js';

/** Which checks judge which history. */
export const HISTORY_CHECKS = {
  publish: ['acked-loss', 'duplicates', 'order', 'unexpected', 'divergence', 'immutability', 'monotonic'],
  consume: ['consumer'],
  bucket: ['kv-linearizable', 'stale-reads'],
};

const WRITERS = 4;
const REPLICAS = ['n1', 'n2', 'n3'];
const STREAM = 'ORDERS';
const BUCKET = 'KV_BENCH';
const CONSUMER = 'workers';
const KEYS = 100_000;
const START_NS = 1e15;
const EVERY_NS = 2000;
const LATENCY_NS = 3e6;
const KIND = { publish: 0, put: 1, compareAndSet: 2, get: 3, deliver: 4, ack: 5 };
const SUBJECTS = Array.from({ length: 16 }, (_, i) => `cim.events.orders.type${i}`);
const LOOK_NS = 1e9;

const digestOf = (writer, sequence) => (Math.imul(sequence, 2654435761) ^ writer) >>> 0;
const keyName = (i) => `$KV.BENCH.k${String(i).padStart(5, '0')}`;

/** Writes the history to disk; returns its size. */
export function writeHistories(history, operations, place) {
  mkdirSync(place, { recursive: true });
  ({ publish: writePublishes, consume: writeConsumption, bucket: writeBucket })[history](operations, place);
  return readdirSync(place).reduce((sum, file) => sum + statSync(join(place, file)).size, 0);
}

function openWriters(place, identity) {
  return Array.from({ length: WRITERS }, (_, writer) =>
    HistoryWriter.open(join(place, `${identity.load}-${writer}.sgh`), {
      ...identity,
      writer: writer + identity.from,
    }),
  );
}

/** The i-th of all publishes is the message with the stream sequence i + 1, of writer i % WRITERS. */
function writePublishes(operations, place) {
  const writers = openWriters(place, {
    ...{ load: 'orders', from: 0, kinds: ['publish'], messageIds: true, subjects: SUBJECTS },
  });
  const row = emptyRow();
  for (let i = 0; i < operations; i++) {
    // Answers overtake one another now and then.
    const at = i % 64 === 62 && i + WRITERS < operations ? i : i;
    publish(row, at);
    writers[at % WRITERS].append(row);
  }
  for (const writer of writers) writer.close();
}

function publish(row, i) {
  row.kind = KIND.publish;
  row.sequence = Math.floor(i / WRITERS);
  row.dueNs = START_NS + i * EVERY_NS;
  row.sentNs = row.dueNs + (i % 97) * 10;
  row.doneNs = row.sentNs + LATENCY_NS + (i % 1009) * 100;
  row.subject = i % SUBJECTS.length;
  row.streamSequence = i + 1;
}

/** A half of the operations are deliveries, the other their acknowledgements; the publishes come beside. */
function writeConsumption(operations, place) {
  const messages = operations >> 1;
  writePublishes(messages, place);
  const consumers = openWriters(place, {
    ...{ load: 'work', from: WRITERS, kinds: ['deliver', 'ack'], subjects: [`${STREAM} > ${CONSUMER}`] },
  });
  const row = emptyRow();
  const sequence = consumers.map(() => 0);
  for (let i = 0; i < messages; i++) {
    const at = i % WRITERS;
    const deliveredNs = START_NS + i * EVERY_NS + 2 * LATENCY_NS;
    Object.assign(row, { kind: KIND.deliver, sequence: sequence[at]++, dueNs: deliveredNs, sentNs: 0 });
    Object.assign(row, { doneNs: deliveredNs, subject: 0, streamSequence: i + 1, detail: 1 });
    Object.assign(row, { valueWriter: i % WRITERS, valueSequence: Math.floor(i / WRITERS) });
    consumers[at].append(row);
    Object.assign(row, { kind: KIND.ack, sequence: sequence[at]++, dueNs: deliveredNs + 1000 });
    Object.assign(row, { sentNs: deliveredNs + 2000, doneNs: deliveredNs + LATENCY_NS });
    consumers[at].append(row);
  }
  for (const writer of consumers) writer.close();
}

/** Puts, compare-and-sets over what was last written, and gets of it, key after key. */
function writeBucket(operations, place) {
  const writers = openWriters(place, {
    ...{ load: 'bucket', from: 0, kinds: ['put', 'compare-and-set', 'get'] },
    subjects: Array.from({ length: KEYS }, (_, i) => keyName(i)),
  });
  const row = emptyRow();
  eachOfBucket(operations, (i, key, kind, revision, before, last) => {
    row.kind = kind;
    row.sequence = Math.floor(i / WRITERS);
    row.dueNs = START_NS + i * EVERY_NS;
    row.sentNs = row.dueNs + 100;
    row.doneNs = row.sentNs + LATENCY_NS;
    row.subject = key;
    row.streamSequence = revision;
    row.detail = kind === KIND.compareAndSet ? before : 0;
    row.valueWriter = kind === KIND.get && last >= 0 ? last % WRITERS : 0;
    row.valueSequence = kind === KIND.get && last >= 0 ? Math.floor(last / WRITERS) : -1;
    writers[i % WRITERS].append(row);
  });
  for (const writer of writers) writer.close();
}

/** @param visit of each operation: its key, kind and revision, the key's revision before it, and who wrote that */
function eachOfBucket(operations, visit) {
  const revisionOf = new Float64Array(KEYS);
  const writtenBy = new Float64Array(KEYS).fill(-1);
  let last = 0;
  for (let i = 0; i < operations; i++) {
    const key = i % KEYS;
    const before = revisionOf[key];
    const round = Math.floor(i / KEYS) % 4;
    const kind = before === 0 ? KIND.put : [KIND.put, KIND.get, KIND.compareAndSet, KIND.get][round];
    if (kind === KIND.get) {
      visit(i, key, kind, before, before, writtenBy[key]);
      continue;
    }
    revisionOf[key] = ++last;
    visit(i, key, kind, last, before, writtenBy[key]);
    writtenBy[key] = i;
  }
  return { revisionOf, writtenBy, last };
}

/** What was read back, in memory as after a run, and the histories as they are opened. */
export function openHistories(history, operations, place) {
  const writers = readdirSync(place)
    .sort()
    .map((file) => openHistory(join(place, file)));
  const isBucket = history === 'bucket';
  const stream = isBucket ? BUCKET : STREAM;
  const fill = isBucket ? fillBucket : fillStream;
  const count = history === 'consume' ? operations >> 1 : operations;
  const endNs = START_NS + operations * EVERY_NS + 1e9;
  const readOf = () => {
    const read = new ReadBlocks();
    const through = fill(read, count);
    return {
      ...{ stream, count: read.count, blocks: read.blocks, foreign: 0, throughSequence: through },
      ...{ complete: true, gone: false, endedNs: endNs },
    };
  };
  const read = readOf();
  const replicas = history === 'publish' ? REPLICAS.map((node) => ({ ...readOf(), node })) : [];
  const looks = [];
  for (let atNs = START_NS; atNs < endNs; atNs += LOOK_NS) {
    const last = isBucket
      ? 0
      : Math.min(count, Math.floor(Math.max(0, atNs - START_NS - LATENCY_NS) / EVERY_NS));
    looks.push({ ...lookOf(last), atNs });
  }
  looks.push({ ...lookOf(read.throughSequence), atNs: endNs });
  const config = isBucket
    ? { max_msgs_per_subject: 1, num_replicas: 3 }
    : { num_replicas: 3, duplicate_window: 120e9 };
  const consumers = [
    {
      ...{ stream, consumer: CONSUMER },
      config: {
        ack_policy: 'explicit',
        deliver_policy: 'all',
        ack_wait: 30e9,
        max_deliver: -1,
        num_replicas: 3,
      },
      looks: [consumerLook(START_NS, 0), consumerLook(endNs, count)],
    },
  ];
  return {
    ...{ writers, reads: [read], replicas, streams: [{ stream, config, fromSequence: 1, looks }] },
    ...{ consumers: history === 'consume' ? consumers : [], deliveries: [], faults: [], startNs: START_NS },
    streamOf: () => stream,
  };
}

const lookOf = (last) => ({
  ...{ exists: true, leader: 'n1', created: '2026-01-01T00:00:00Z' },
  ...{ firstSequence: 1, lastSequence: last, messages: last, bytes: last * 128 },
});

const consumerLook = (atNs, floor) => ({
  ...{ atNs, exists: true, deliveredStreamSequence: floor, ackFloorStreamSequence: floor },
  ...{ ackPending: 0, pending: 0, redelivered: 0 },
});

function fillStream(read, count) {
  for (let i = 0; i < count; i++) {
    const sequence = Math.floor(i / WRITERS);
    read.add(i % WRITERS, sequence, i + 1, digestOf(i % WRITERS, sequence));
  }
  return count;
}

/** Of every key its last value. */
function fillBucket(read, operations) {
  const { revisionOf, writtenBy, last } = eachOfBucket(operations, () => {});
  const keys = Array.from(revisionOf.keys()).filter((key) => revisionOf[key] > 0);
  for (const key of keys.sort((a, b) => revisionOf[a] - revisionOf[b])) {
    const by = writtenBy[key];
    read.add(by % WRITERS, Math.floor(by / WRITERS), revisionOf[key], digestOf(by % WRITERS, 0));
  }
  return last;
}
