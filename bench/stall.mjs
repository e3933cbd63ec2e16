// A known stall: the server is stopped (SIGSTOP) for 1.5 s in a steady run of acknowledged publishes. The maximum and
// every percentile are printed beside what arithmetic says of operations that are due all the while.
//
//     node bench/stall.mjs [--rate=20000] [--seconds=10] [--stall=1.5] [--nats-server=PATH]
import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../dist/metrics/latency-histogram.js';
import { startBenchServer } from './support/bench-server.mjs';
import { numberOption, table } from './support/figures.mjs';
import { createStream } from './support/jetstream.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';

const ratePerSec = numberOption('rate', 20_000);
const seconds = numberOption('seconds', 10);
const stallSec = numberOption('stall', 1.5);

const WINDOW = 4096;
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
      arrival: { kind: 'constant' },
      unit: 'operations',
      stages: [{ fromPerSec: ratePerSec, toPerSec: ratePerSec, durationNs: seconds * 1e9 }],
    },
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: {
      window: WINDOW,
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
// Operations are due evenly. Of those due during the stall S, the one due x after its beginning waits S − x at least;
// and what has piled up takes a time T to clear, so that it waits S − x·S/(S + T), until S + T after the beginning.
const runNs = seconds * 1e9;
const clearingNs = Math.max(0, ((counters.blocked + WINDOW) / ratePerSec) * 1e9 - stallNs);
const percentiles = [50, 75, 86, 88, 90, 95, 99, 99.9, 99.99];
const rows = percentiles.map((percentile) => {
  const x = (1 - percentile / 100) * runNs;
  return {
    percentile,
    measuredNs: latency.percentile(percentile).lower,
    atLeastNs: Math.max(0, stallNs - x),
    expectedNs: Math.max(0, stallNs - (x * stallNs) / (stallNs + clearingNs)),
  };
});
rows.push({ percentile: 100, measuredNs: latency.max, atLeastNs: stallNs, expectedNs: stallNs });
console.log(
  `server stopped for ${ms(stallNs)} ms in ${seconds} s at ${ratePerSec}/s: ${JSON.stringify(counters)}`,
);
console.log(
  table([
    ['', 'measured ms', 'arithmetic: at least', 'with clearing', 'measured − with clearing'],
    ...rows.map(({ percentile, measuredNs, atLeastNs, expectedNs }) => [
      percentile === 100 ? 'max' : `p${percentile}`,
      ms(measuredNs),
      atLeastNs > 0 ? ms(atLeastNs) : '–',
      expectedNs > 0 ? ms(expectedNs) : '–',
      expectedNs > 0 ? ms(measuredNs - expectedNs) : '–',
    ]),
  ]),
);
const isTrue = rows.every(({ measuredNs, atLeastNs }) => measuredNs >= atLeastNs * 0.998);
if (!isTrue) process.exitCode = 1;
const report = { bench: 'stall', ratePerSec, seconds, stallNs, isTrue, rows, counters, machine };
console.log(JSON.stringify(report));
