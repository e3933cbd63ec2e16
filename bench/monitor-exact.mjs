// Nothing is lost from the account. While writers publish, the monitor's server is killed; then they pause, and what it received
// and what it says to be missing, by their sequences, must be exactly what they say that they sent. They go on, and the monitor is
// stopped and started again: what the second one received, what it misses and what was sent before it met the writers must be
// all that they sent, and what it received must be what the server says that it sent it.
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
/** Of each of the two halves. */
const durationNs = (events / 2 / ratePerSec) * NS.s;
/** Between them: what is missing has been so for a second, and every worker has said what it sent. */
const PAUSE_NS = 5 * NS.s;
const steady = { fromPerSec: ratePerSec, toPerSec: ratePerSec, durationNs };

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
    // What came late after all is in `received`, too.
    lost: sum('cim_events_lost_total{') - sum('cim_events_late_total{'),
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
    const sentUntilNow = (reports) => {
      const phases = reports.flatMap((report) => report.phases);
      return phases.reduce((sum, { counters }) => sum + (counters.sent ?? 0), 0);
    };
    const storm = async (startNs, reports) => {
      const until = (ns) => sleep((startNs + ns - nowNs()) / NS.ms);
      await until(0.6 * durationNs);
      await victim.stop();
      await until(durationNs + PAUSE_NS / 2);
      await monitor.drained(1000, 60_000);
      await monitor.drained(0, 0);
      seen.push({ ...(await figuresOf(monitor)), sent: sentUntilNow(reports) });
      if (nowNs() > startNs + durationNs + PAUSE_NS) throw new Error('the pause was too short');
      await until(1.4 * durationNs + PAUSE_NS);
      await monitor.drained(0, 0);
      seen.push({ ...(await figuresOf(monitor)) });
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
          stages: [steady, { fromPerSec: 0, toPerSec: 0, durationNs: PAUSE_NS }, steady],
          arrival: { kind: 'constant' },
          unit: 'operations',
        },
        atNs: 0,
        warmUpNs: 0,
        workers: writers,
        params: publish.schema.parse({}),
      },
      onStart: (startNs, reports) => {
        stormed = storm(startNs, reports);
      },
    });
    await stormed;
    await monitor.drained(1000, 60_000);
    // What was missing at one look and still is at the next is lost.
    await monitor.drained(0, 0);
    seen.push(await figuresOf(monitor));
    const [paused, before, after] = seen;
    return { sent: counters.sent, paused, before, after, notices, told: await toldTo(survivor) };
  } finally {
    await monitor[Symbol.asyncDispose]();
    await victim.stop();
    await survivor.stop();
  }
}

const number = (value) => value.toLocaleString('en-US');
const { sent, paused, before, after, notices, told } = await exactness();
/** Of all that was sent: what the second knows of by number only, less what the first has in its account. */
const between = after.unseen - before.unseen - before.received - before.lost;
const knownAtPause = paused.unseen + paused.received + paused.lost;
const known = after.unseen + after.received + after.lost;
console.log(`${notices.length} notices: ${[...new Set(notices)].join('; ')}`);
console.log(
  table([
    ['', 'events'],
    ['until the pause: received by the first monitor', number(paused.received)],
    [
      `missing by sequence, ${paused.blindSeconds.toFixed(3)} s blind: its server was killed`,
      number(paused.lost),
    ],
    ['together', number(knownAtPause)],
    ['sent', number(paused.sent)],
    ['in all: received by the first monitor until it was stopped', number(before.received)],
    ['missing by sequence', number(before.lost)],
    ['unseen by both: the monitor was restarted', number(between)],
    ['received by the second monitor', number(after.received)],
    ['missing by sequence', number(after.lost)],
    ['together', number(known)],
    ['sent', number(sent)],
  ]),
);
const wrong = [
  ...(knownAtPause === paused.sent ? [] : [`until the pause ${knownAtPause}, and sent were ${paused.sent}`]),
  ...(paused.lost > 0 ? [] : ['nothing was missed when the server was killed: nothing was proven']),
  ...(known === sent ? [] : [`together ${known}, and sent were ${sent}`]),
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
