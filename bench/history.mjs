// What a history costs: the rate of js-publish (async, file storage) with and without one, by turns on the same stream, as
// the stream counts it, and the processor time of the publisher an operation; what an operation of each kind takes on disk at a steady load; and how long it takes to write
// and to read one, in processor time.
//
//     node bench/history.mjs [--parts=rate,bytes,read] [--replicas=1,3] [--window=500] [--seconds=2] [--rounds=5]
//                            [--keys=100000] [--per-sec=5000] [--operations=10] (millions) [--nats-server=PATH]
//                            short: --seconds=1 --rounds=1 --keys=1000 --operations=1
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jsPublish } from '../dist/generators/js-publish/js-publish.js';
import { openHistory } from '../dist/history/history-reader.js';
import { HistoryWriter } from '../dist/history/history-writer.js';
import { emptyRow } from '../dist/history/operation-row.js';
import { benchDirectory } from './support/bench-directory.mjs';
import { startBenchServer } from './support/bench-server.mjs';
import { listOption, median, numberOption, table, textOption } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { bytesOfKinds } from './support/recorded-loads.mjs';
import { storedRate } from './support/stored-rate.mjs';
import { SUBJECT, startStreamCluster } from './support/stream-cluster.mjs';

const WARM_UP_MS = 500;
/** What an operation may take, and what is left of the rate at least. */
const MOST_BYTES = 32;
const LEAST_RATIO = 0.9;
const parts = (textOption('parts') ?? 'rate,bytes,read').split(',');
const replicaCounts = listOption('replicas', [1, 3]);
const window = numberOption('window', 500);
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const keys = numberOption('keys', 100_000);
const perSec = numberOption('per-sec', 5000);
const operations = numberOption('operations', 10) * 1e6;

const directory = benchDirectory();

async function publishRate(system, historyFile) {
  await system.purge();
  const load = {
    ...{ name: 'bench', kind: 'js-publish', domains: ['bench'], atNs: 0, warmUpNs: 0, workers: 1 },
    schedule: { mode: 'max', durationNs: WARM_UP_MS * 1e6 + (seconds + 0.5) * 1e9 },
    params: jsPublish.schema.parse({ window }),
  };
  const size = { minBytes: 128, maxBytes: 128 };
  let rate;
  const from = process.cpuUsage();
  const { counters } = await runLoad({
    ...{ port: system.port, load, ...(historyFile && { historyFile }) },
    events: [{ domain: 'bench', type: 'x', subject: SUBJECT, weight: 1, size }],
    onStart: async () => {
      rate = await storedRate(system, { warmUpMs: WARM_UP_MS, seconds });
    },
  });
  const { user, system: kernel } = process.cpuUsage(from);
  const stored = await system.stored();
  if (counters.ok !== counters.sent || stored !== counters.ok) {
    throw new Error(`sent ${counters.sent}, acknowledged ${counters.ok}, stored ${stored}`);
  }
  return { rate, acknowledged: counters.ok, cpuUs: (user + kernel) / counters.ok };
}

async function measureRates() {
  const results = [];
  for (const replicas of replicaCounts) {
    const system = await startStreamCluster({ name: `r${replicas}`, directory, replicas });
    const without = [];
    const recorded = [];
    const bytes = [];
    const cpuUs = { recorded: [], without: [] };
    for (let round = 0; round < rounds; round++) {
      const file = join(directory, `${replicas}-${round}.sgh`);
      // Who comes first by turns, too: a server that warms up favours nobody.
      const withHistory = async () => {
        const { rate, acknowledged, cpuUs: each } = await publishRate(system, file);
        recorded.push(rate);
        cpuUs.recorded.push(each);
        bytes.push(statSync(file).size / acknowledged);
        rmSync(file);
      };
      const withoutHistory = async () => {
        const { rate, cpuUs: each } = await publishRate(system);
        without.push(rate);
        cpuUs.without.push(each);
      };
      for (const run of round % 2 ? [withHistory, withoutHistory] : [withoutHistory, withHistory])
        await run();
      process.stderr.write('.');
    }
    await system.stop();
    const ratio = median(recorded) / median(without);
    results.push({ replicas, recorded, without, ratio, bytes: median(bytes), cpuUs });
  }
  process.stderr.write('\n');
  const thousand = (rate) => (rate / 1e3).toFixed(1);
  console.log(
    table([
      [
        'replicas',
        'with k/s',
        'without k/s',
        'ratio',
        'B/operation',
        'µs with',
        'µs without',
        'with, all',
        'without, all',
      ],
      ...results.map(({ replicas, recorded, without, ratio, bytes, cpuUs }) => [
        ...[replicas, thousand(median(recorded)), thousand(median(without)), ratio.toFixed(3)],
        ...[bytes.toFixed(1), median(cpuUs.recorded).toFixed(2), median(cpuUs.without).toFixed(2)],
        ...[recorded.map(thousand).join(' '), without.map(thousand).join(' ')],
      ]),
    ]),
  );
  return results;
}

async function measureBytes() {
  const server = await startBenchServer({ jetstream: true });
  const rows = await bytesOfKinds({ server, directory, perSec, seconds, keys });
  await server.stop();
  const countsOf = (kinds) => Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  console.log(
    table([
      ['load', 'B/operation', 'operations'],
      ...rows.map(({ what, kinds, bytes }) => [what, bytes.toFixed(1), countsOf(kinds).join(', ')]),
    ]),
  );
  return rows;
}

/** Publishes in a window, answered a little out of order, as fast as they can be written and read. */
function measureReading() {
  const file = join(directory, 'read.sgh');
  const writer = HistoryWriter.open(file, {
    ...{ load: 'bench', writer: 0, kinds: ['publish'] },
    subjects: ['bench.a', 'bench.b', 'bench.c', 'bench.d'],
  });
  const row = emptyRow();
  // The processor's time, which others on the machine do not add to.
  const perOperation = (from) => {
    const { user, system } = process.cpuUsage(from);
    return ((user + system) * 1e3) / operations;
  };
  let from = process.cpuUsage();
  for (let i = 0; i < operations; i++) {
    const mixed = Math.imul(i, 2654435761) >>> 0;
    row.sequence = i ^ 3;
    row.dueNs = 8.7e15 + i * 20_000 + (mixed & 1023);
    row.sentNs = row.dueNs + (mixed & 65_535);
    row.doneNs = row.sentNs + 2e6 + (mixed & 0xfffff);
    row.subject = i & 3;
    row.streamSequence = 1 + i;
    writer.append(row);
  }
  writer.close();
  const writeNs = perOperation(from);
  from = process.cpuUsage();
  const history = openHistory(file);
  const openNs = perOperation(from);
  const bytes = statSync(file).size / operations;

  const readNs = (look) => {
    let sum = 0;
    const began = process.cpuUsage();
    for (const block of history.blocks()) sum += look(block);
    if (!(sum > 0)) throw new Error('nothing was read');
    return perOperation(began);
  };
  const few = ({ count, kind, sequence, outcome, streamSequence }) => {
    let sum = 0;
    for (let i = 0; i < count; i++)
      if (kind[i] === 0 && outcome[i] === 0) sum += sequence[i] + streamSequence[i];
    return sum;
  };
  const all = (block) => {
    let sum = few(block) + block.valueSequence[0] + block.valueWriter[0] + block.detail[0] + block.reason[0];
    const { count, dueNs, sentNs, doneNs, subject } = block;
    for (let i = 0; i < count; i++) sum += doneNs[i] - sentNs[i] + dueNs[i] + subject[i];
    return sum;
  };
  readNs(few);
  const result = { operations, bytes, writeNs, openNs, fewNs: readNs(few), allNs: readNs(all) };
  console.log(
    table([
      ['operations', 'B each', 'write ns', 'open ns', 'read 4 columns ns', 'read all ns'],
      [
        operations,
        ...[bytes, writeNs, openNs, result.fewNs, result.allNs].map((figure) => figure.toFixed(1)),
      ],
    ]),
  );
  return result;
}

const results = {};
if (parts.includes('rate')) results.rate = await measureRates();
if (parts.includes('bytes')) results.bytes = await measureBytes();
if (parts.includes('read')) results.read = measureReading();
const isSlow = results.rate?.some(({ ratio }) => ratio < LEAST_RATIO) ?? false;
const isLarge = results.bytes?.some(({ bytes }) => bytes > MOST_BYTES) ?? false;
if (isSlow) console.log(`a history costs more than ${Math.round(100 * (1 - LEAST_RATIO))} % of the rate`);
if (isLarge) console.log(`an operation takes more than ${MOST_BYTES} bytes`);
console.log(JSON.stringify({ bench: 'history', window, seconds, rounds, machine, results }));
process.exit(isSlow || isLarge ? 1 : 0);
