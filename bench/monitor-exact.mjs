// Nothing is lost from the account: while writers publish, the monitor's server is killed, and later the monitor itself is
// stopped and started again. What it received and what it says to be missing, by the sequences of the writers, must be
// exactly what they sent; and what it received must be what the servers say that they sent it, as far as they outlived it.
//
//     node bench/monitor-exact.mjs [--events=10000000] [--rate=400000] [--writers=4] [--partitions=1] [--nats-server=PATH]
import { NS, nowNs, sleep } from '../dist/base/clock.js';
import { publish } from '../dist/generators/publish.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { startMonitors } from '../dist/monitor/partition/start-monitors.js';
import { startBenchServer } from './support/bench-server.mjs';
import { numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';

const MONITOR_ENTRY = new URL('../dist/cli/entries/monitor.js', import.meta.url);
const DOMAINS = 8;
const TYPES = 64;
const BYTES = 32;
/** The monitor is away for so long. */
const RESTART_MS = 1000;
const events = numberOption('events', 10_000_000);
const ratePerSec = numberOption('rate', 400_000);
const writers = numberOption('writers', 4);
const partitions = numberOption('partitions', 1);
const durationNs = (events / ratePerSec) * NS.s;

const domains = Array.from({ length: DOMAINS }, (_, i) => `domain-${i}`);
const kinds = Array.from({ length: TYPES }, (_, i) => {
  const domain = domains[i % DOMAINS];
  const size = { minBytes: BYTES, maxBytes: BYTES };
  return { domain, type: `Type${i}`, subject: `cim.events.${domain}.Type${i}`, weight: 1, size };
});

/** Not told of the writers, as a monitor of its own is not: it follows each from where it meets it. */
const startMonitor = (ports, notices) =>
  startMonitors(
    {
      plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, partitions },
      host: '127.0.0.1',
      access: { servers: ports.map((port) => ({ host: '127.0.0.1', port })) },
      connectionName: 'monitor',
      writers: [],
    },
    MONITOR_ENTRY,
    { onReport: () => {}, onNotice: ({ kind, text }) => notices.push(`${kind}: ${text}`) },
  );

async function figuresOf({ metricsUrl, metricsUrls = [metricsUrl] }) {
  const pages = await Promise.all(metricsUrls.map(async (url) => (await fetch(url)).text()));
  const lines = pages.flatMap((page) => page.split('\n'));
  const sum = (start) =>
    lines
      .filter((line) => line.startsWith(start))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    counted: sum('cim_events_total{') - sum('cim_events_total{domain="stormglass"'),
    received: sum('cim_events_received_total{'),
    lost: sum('cim_events_lost_total{'),
    unseen: sum('cim_events_unseen_total{'),
    duplicated: sum('cim_events_duplicated_total{'),
    blindSeconds: sum('cim_monitor_blind_seconds_total') / pages.length,
    reconnects: sum('cim_monitor_reconnects_total'),
  };
}

/** How many messages a server says that it has sent to the connections of the monitor. */
async function toldTo(server) {
  const { connections } = await server.connz();
  return connections
    .filter(({ name = '' }) => name.startsWith('monitor'))
    .reduce((total, { out_msgs }) => total + out_msgs, 0);
}

async function exactness() {
  const survivor = await startBenchServer({ settings: { cluster: { name: 'exact', port: -1 } } });
  const victim = await startBenchServer({
    settings: { cluster: { name: 'exact', port: -1, routes: [survivor.clusterUrl] } },
  });
  const notices = [];
  const seen = [];
  const ports = [victim.port, survivor.port];
  let monitor = await startMonitor(ports, notices);
  try {
    const storm = async (startNs) => {
      const until = (part) => sleep((startNs + part * durationNs - nowNs()) / NS.ms);
      await until(0.3);
      await victim.stop();
      await until(0.6);
      await monitor.drained(0, 0);
      seen.push(await figuresOf(monitor));
      await monitor[Symbol.asyncDispose]();
      await sleep(RESTART_MS);
      monitor = await startMonitor([survivor.port], notices);
    };
    let stormed;
    const { counters } = await runLoad({
      port: survivor.port,
      phaseClock: PhaseClock.create(),
      events: kinds,
      load: {
        name: 'exact',
        kind: 'publish',
        domains,
        schedule: {
          mode: 'open',
          stages: [{ fromPerSec: ratePerSec, toPerSec: ratePerSec, durationNs }],
          arrival: { kind: 'constant' },
          unit: 'operations',
        },
        atNs: 0,
        warmUpNs: 0,
        workers: writers,
        params: publish.schema.parse({}),
      },
      onStart: (startNs) => {
        stormed = storm(startNs);
      },
    });
    await stormed;
    await monitor.drained(1000, 60_000);
    // What was missing at one look and still is at the next is lost.
    await monitor.drained(0, 0);
    seen.push(await figuresOf(monitor));
    return { sent: counters.sent, before: seen[0], after: seen[1], notices, told: await toldTo(survivor) };
  } finally {
    await monitor[Symbol.asyncDispose]();
    await victim.stop();
    await survivor.stop();
  }
}

const number = (value) => value.toLocaleString('en-US');
const { sent, before, after, notices, told } = await exactness();
/** Sent while no monitor was there: by the numbers at which the second met the writers. */
const between = after.unseen - before.unseen - before.received - before.lost;
const sum = before.received + before.lost + before.unseen + between + after.received + after.lost;
console.log(`${notices.length} notices: ${[...new Set(notices)].join('; ')}`);
console.log(
  table([
    ['', 'events'],
    ['received by the first monitor', number(before.received)],
    [
      `missing by sequence, ${before.blindSeconds.toFixed(2)} s blind: its server was killed`,
      number(before.lost),
    ],
    ['unseen by both: the monitor was restarted', number(between)],
    ['received by the second monitor', number(after.received)],
    ['missing by sequence', number(after.lost)],
    ['together', number(sum)],
    ['sent', number(sent)],
  ]),
);
const wrong = [
  ...(sum === sent ? [] : [`together ${sum}, and sent were ${sent}`]),
  ...(before.reconnects === partitions ? [] : ['the monitor never lost its server: nothing was proven']),
  ...(between > 0 ? [] : ['nothing was sent while the monitor was restarted: nothing was proven']),
  ...(before.duplicated + after.duplicated === 0 ? [] : ['some were counted twice']),
  // Of several each is told everything and counts a part, from a moment of its own on.
  ...(partitions > 1 || told === after.counted
    ? []
    : [`the server told ${told}, counted were ${after.counted}`]),
  ...(partitions > 1 || after.counted === after.received
    ? []
    : [`counted ${after.counted}, received ${after.received}`]),
];
for (const what of wrong) console.error(what);
if (wrong.length > 0) process.exitCode = 1;
