// A known stall: the server is stopped (SIGSTOP) for 1.5 s in a steady run of acknowledged publishes. The maximum and
// every percentile are printed beside what arithmetic says of operations that are due all the while.
//
//     node bench/stall.mjs [--rate=20000] [--seconds=10] [--stall=1.5] [--nats-server=PATH]
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../dist/metrics/latency-histogram.js';
import { startBenchServer } from './support/bench-server.mjs';
import { numberOption, table } from './support/figures.mjs';
import { createStream } from './support/jetstream.mjs';
import { runLoad } from './support/load-run.mjs';

const ratePerSec = numberOption('rate', 20_000);
const seconds = numberOption('seconds', 10);
const stallSec = numberOption('stall', 1.5);

const server = await startBenchServer({ jetstream: true });
await createStream(server.port, 'BENCH', ['bench.>']);
let stoppedNs = 0;
let resumedNs = 0;
const { reports, counters } = await runLoad({
  port: server.port,
  load: {
    name: 'steady',
    kind: 'js-publish',
    domains: ['bench'],
    schedule: {
      mode: 'open',
      stages: [{ fromPerSec: ratePerSec, toPerSec: ratePerSec, durationNs: seconds * 1e9 }],
    },
    workers: 1,
    params: {
      window: 4096,
      'ack-timeout': 5e9,
      overdue: 1e9,
      backlog: 30e9,
      'max-lateness': 1e9,
      headers: {},
    },
  },
  events: [
    { domain: 'bench', type: 'T', subject: 'bench.stall', weight: 1, size: { minBytes: 128, maxBytes: 128 } },
  ],
  onStart: async () => {
    await sleep((seconds / 3) * 1000);
    stoppedNs = Number(process.hrtime.bigint());
    process.kill(server.pid, 'SIGSTOP');
    await sleep(stallSec * 1000);
    process.kill(server.pid, 'SIGCONT');
    resumedNs = Number(process.hrtime.bigint());
  },
});
await server.stop();

const latency = new LatencyHistogram();
for (const { phases } of reports) {
  for (const { histograms } of phases) if (histograms.ack_latency) latency.add(histograms.ack_latency);
}
const ms = (ns) => (ns / 1e6).toFixed(1);
const stallNs = resumedNs - stoppedNs;
// Operations are due evenly: a share stall/run of them waits, from the whole stall down to nothing.
const stalledShare = stallNs / (seconds * 1e9);
const percentiles = [50, 75, 86, 88, 90, 95, 99, 99.9, 99.99];
const rows = percentiles.map((percentile) => {
  const beyond = 1 - percentile / 100;
  const expectedNs = beyond < stalledShare ? stallNs - beyond * seconds * 1e9 : 0;
  return { percentile, measuredNs: latency.percentile(percentile).lower, atLeastNs: expectedNs };
});
console.log(
  `server stopped for ${ms(stallNs)} ms in ${seconds} s at ${ratePerSec}/s: ${JSON.stringify(counters)}`,
);
console.log(
  table([
    ['', 'measured ms', 'arithmetic ms', 'difference ms'],
    ...rows.map((row) => [
      `p${row.percentile}`,
      ms(row.measuredNs),
      row.atLeastNs === 0 ? '–' : ms(row.atLeastNs),
      row.atLeastNs === 0 ? '–' : ms(row.measuredNs - row.atLeastNs),
    ]),
    ['max', ms(latency.max), ms(stallNs), ms(latency.max - stallNs)],
  ]),
);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
const report = { bench: 'stall', ratePerSec, seconds, stallNs, maxNs: latency.max, rows, counters, machine };
console.log(JSON.stringify(report));
