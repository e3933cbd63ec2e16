// What it costs to run through Toxiproxy when no fault holds: JetStream publishes into a stream of three replicas, without
// links, with proxies on the routes, and with proxies on the routes and before the clients, by turns. The rate is what the
// stream took in a stretch in the middle of a run of `rate: max`, beside `nats bench js pub` on the same cluster; the
// latency is that of the acknowledgements of a steady rate, from when each was due. All three clusters stand throughout.
//
//     node bench/links.mjs [--size=128] [--window=500] [--rate=2000] [--seconds=3] [--rounds=5]
//                          [--nats=PATH] [--nats-server=PATH] [--toxiproxy=PATH]      short: --seconds=1 --rounds=1
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsPublish } from '../dist/generators/js-publish/js-publish.js';
import { LatencyHistogram } from '../dist/metrics/latency-histogram.js';
import { benchDirectory } from './support/bench-directory.mjs';
import { findTool } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { STREAM, SUBJECT, startStreamCluster } from './support/stream-cluster.mjs';

const REPLICAS = 3;
const WARM_UP_MS = 500;
const size = numberOption('size', 128);
const window = numberOption('window', 500);
const steadyRate = numberOption('rate', 2000);
const seconds = numberOption('seconds', 3);
const rounds = numberOption('rounds', 5);
const nats = await findTool('nats');

const directory = benchDirectory();

const SYSTEMS = {
  'no links': { routes: false, clients: false },
  routes: { routes: true, clients: false },
  'routes and clients': { routes: true, clients: true },
};

const load = (schedule) => ({
  name: 'bench',
  kind: 'js-publish',
  domains: ['bench'],
  schedule,
  atNs: 0,
  warmUpNs: 0,
  workers: 1,
  params: jsPublish.schema.parse({ mode: 'async', window }),
});
const events = [
  { domain: 'bench', type: 'x', subject: SUBJECT, weight: 1, size: { minBytes: size, maxBytes: size } },
];

async function storedRate(system) {
  while ((await system.stored()) === 0) await sleep(5);
  await sleep(WARM_UP_MS);
  const [before, from] = [await system.stored(), performance.now()];
  await sleep(seconds * 1000);
  const [after, to] = [await system.stored(), performance.now()];
  return ((after - before) / (to - from)) * 1000;
}

async function highestRate(system) {
  await system.purge();
  const durationNs = WARM_UP_MS * 1e6 + (seconds + 1) * 1e9;
  let rate;
  const { counters } = await runLoad({
    ...{ port: system.port, load: load({ mode: 'max', durationNs }), events },
    onStart: async () => {
      rate = await storedRate(system);
    },
  });
  requireAll(counters, await system.stored());
  return rate;
}

async function natsBenchRate(system) {
  await system.purge();
  const bench = spawn(
    nats,
    [
      ...['--server', `nats://127.0.0.1:${system.port}`, 'bench', 'js', 'pub', 'async', SUBJECT],
      ...[`--stream=${STREAM}`, '--msgs=20000000', `--size=${size}B`, '--no-progress', `--batch=${window}`],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(bench, 'exit');
  const rate = await storedRate(system);
  if (bench.exitCode !== null) throw new Error('nats bench ended before it was measured');
  bench.kill();
  await ended;
  return rate;
}

async function steadyLatency(system) {
  await system.purge();
  const stage = { fromPerSec: steadyRate, toPerSec: steadyRate, durationNs: seconds * 1e9 };
  const schedule = { mode: 'open', unit: 'operations', arrival: { kind: 'constant' }, stages: [stage] };
  const { reports, counters } = await runLoad({ port: system.port, load: load(schedule), events });
  requireAll(counters, await system.stored());
  const latency = new LatencyHistogram();
  for (const { phases } of reports) {
    for (const { histograms } of phases) if (histograms.ack_latency) latency.add(histograms.ack_latency);
  }
  return { p50: latency.percentile(50).lower, p99: latency.percentile(99).lower };
}

function requireAll({ sent, ok }, stored) {
  if (ok !== sent || stored !== ok) throw new Error(`sent ${sent}, acknowledged ${ok}, stored ${stored}`);
}

const systems = {};
const figures = {};
for (const [name, links] of Object.entries(SYSTEMS)) {
  const id = name.replaceAll(' ', '-');
  systems[name] = await startStreamCluster({ name: id, directory, replicas: REPLICAS, links });
  figures[name] = { ours: [], theirs: [], p50: [], p99: [] };
}
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, system] of Object.entries(systems)) {
      figures[name].theirs.push(await natsBenchRate(system));
      figures[name].ours.push(await highestRate(system));
      const { p50, p99 } = await steadyLatency(system);
      figures[name].p50.push(p50);
      figures[name].p99.push(p99);
      process.stderr.write('.');
    }
  }
} finally {
  for (const system of Object.values(systems)) await system.stop();
}
process.stderr.write('\n');

const bare = figures['no links'];
const share = (name, figure) => (median(figures[name][figure]) / median(bare[figure])).toFixed(2);
const thousand = (rate) => (rate / 1e3).toFixed(1);
const milliseconds = (ns) => (ns / 1e6).toFixed(2);
console.log(
  table([
    [
      ...[`${size} B, three replicas`, 'stormglass k/s', 'nats bench k/s', 'kept', 'nats bench keeps'],
      ...[`p50 ms at ${steadyRate}/s`, 'p99 ms', 'p50 times', 'p99 times'],
    ],
    ...Object.entries(figures).map(([name, { ours, theirs, p50, p99 }]) => [
      ...[name, thousand(median(ours)), thousand(median(theirs)), share(name, 'ours'), share(name, 'theirs')],
      ...[milliseconds(median(p50)), milliseconds(median(p99)), share(name, 'p50'), share(name, 'p99')],
    ]),
  ]),
);
console.log(JSON.stringify({ bench: 'links', size, window, steadyRate, seconds, rounds, machine, figures }));
process.exit();
