// Publish and monitor: 16 B events over 64 subjects in 8 domains, each received, counted and its lag recorded, beside
// `nats bench pub` with `nats bench sub` on one subject; the same server, by turns. Both rates are those of the receiver:
// ours as the monitor reports it second by second, without the first, in which its code is compiled, and without what
// it catches up with after the load; theirs as `nats bench sub` prints it.
//
//     node bench/publish-monitor.mjs [--seconds=5] [--rounds=5] [--size=16] [--nats=PATH] [--nats-server=PATH]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { NS, nowNs } from '../dist/base/clock.js';
import { publish } from '../dist/generators/publish.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { startMonitor } from '../dist/monitor/start-monitor.js';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';

const MONITOR_ENTRY = new URL('../dist/cli/entries/monitor.js', import.meta.url);
const SUBJECTS = 64;
const DOMAINS = 8;
const seconds = numberOption('seconds', 5);
const rounds = numberOption('rounds', 5);
const bytes = numberOption('size', 16);
const nats = await findTool('nats');

const domains = Array.from({ length: DOMAINS }, (_, i) => `domain-${i}`);
const events = Array.from({ length: SUBJECTS }, (_, i) => {
  const domain = domains[i % DOMAINS];
  const type = `Type${i}`;
  const size = { minBytes: bytes, maxBytes: bytes };
  return { domain, type, subject: `cim.events.${domain}.${type}`, weight: 1, size };
});

async function stormglassRate(server) {
  const phaseClock = PhaseClock.create();
  let received = 0;
  let lags = 0;
  const intervals = [];
  const monitor = await startMonitor(
    {
      plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, ownEvents: false },
      host: '127.0.0.1',
      access: { servers: [{ host: '127.0.0.1', port: server.port }] },
      writers: [{ writer: 0, load: 'max' }],
      phaseClock: phaseClock.buffer,
    },
    MONITOR_ENTRY,
    {
      onReport: ({ startNs, endNs, phases }) => {
        const before = received;
        for (const { counters, histograms } of phases) {
          received += counters.received ?? 0;
          lags += histograms.lag?.total ?? 0;
        }
        intervals.push({ startNs, endNs, received: received - before });
      },
      onNotice: ({ text }) => {
        throw new Error(`the monitor met: ${text}`);
      },
    },
  );
  try {
    const load = {
      name: 'max',
      kind: 'publish',
      domains,
      schedule: { mode: 'max', durationNs: seconds * NS.s },
      atNs: 0,
      warmUpNs: 0,
      workers: 1,
      params: publish.schema.parse({}),
    };
    let startNs;
    const { counters } = await runLoad({
      port: server.port,
      load,
      events,
      phaseClock,
      onStart: (atNs) => {
        startNs = atNs;
        phaseClock.begin('steady', atNs);
      },
    });
    await monitor.drained(500, 30_000);
    const metrics = await metricsOf(monitor);
    const counted = sum(metrics, 'cim_events_total');
    if (
      counted !== counters.sent ||
      received !== counted ||
      lags !== counted ||
      counters.ok !== counters.sent
    ) {
      throw new Error(`sent ${counters.sent}, counted ${counted}, received ${received}, lags ${lags}`);
    }
    const whole = intervals.filter(
      (each) => each.startNs >= startNs + NS.s && each.endNs <= startNs + seconds * NS.s,
    );
    if (whole.length === 0) throw new Error('too short to be measured: --seconds=4 at least');
    const inThem = whole.reduce((total, each) => total + each.received, 0);
    return inThem / ((whole.at(-1).endNs - whole[0].startNs) / NS.s);
  } finally {
    await monitor[Symbol.asyncDispose]();
  }
}

async function metricsOf(monitor) {
  return (await (await fetch(monitor.metricsUrl)).text()).split('\n');
}

function of(lines, name) {
  return lines
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
}

function sum(lines, name) {
  return of(lines, name).reduce((total, value) => total + value, 0);
}

/** As many messages as take about as long; the figure is the subscriber's own, from its first message to its last. */
async function natsBenchRate(server, messages) {
  const url = `nats://127.0.0.1:${server.port}`;
  const bench = (...args) =>
    spawn(nats, [
      '--server',
      url,
      'bench',
      ...args,
      `--size=${bytes}B`,
      `--msgs=${messages}`,
      '--no-progress',
    ]);
  const before = (await server.varz()).subscriptions;
  const sub = bench('sub', 'bench.events');
  let said = '';
  sub.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const subEnded = once(sub, 'exit');
  const giveUpNs = nowNs() + 10 * NS.s;
  while ((await server.varz()).subscriptions === before) {
    if (nowNs() > giveUpNs) throw new Error('nats bench sub does not subscribe');
  }
  const pub = bench('pub', 'bench.events');
  pub.stdout.resume();
  await Promise.all([once(pub, 'exit'), subEnded]);
  const rate = /subscriber stats: ([\d,]+) msgs\/sec/.exec(said)?.[1];
  if (rate === undefined) throw new Error(`nats bench sub said: ${said}`);
  return Number(rate.replaceAll(',', ''));
}

const server = await startBenchServer();
const ours = [];
const theirs = [];
for (let round = 0; round < rounds; round++) {
  ours.push(await stormglassRate(server));
  theirs.push(await natsBenchRate(server, Math.round(ours[round] * seconds)));
  process.stderr.write('.');
}
await server.stop();
process.stderr.write('\n');
const ratio = median(ours) / median(theirs);
const million = (rate) => (rate / 1e6).toFixed(2);
console.log(
  table([
    [`${bytes} B, received`, 'median M/s', 'all'],
    [
      `stormglass publish + monitor, ${SUBJECTS} subjects`,
      million(median(ours)),
      ours.map(million).join(' '),
    ],
    ['nats bench pub + sub, one subject', million(median(theirs)), theirs.map(million).join(' ')],
    ['ratio', ratio.toFixed(3), ours.map((rate, i) => (rate / theirs[i]).toFixed(2)).join(' ')],
  ]),
);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
console.log(
  JSON.stringify({ bench: 'publish-monitor', bytes, seconds, rounds, machine, ours, theirs, ratio }),
);
