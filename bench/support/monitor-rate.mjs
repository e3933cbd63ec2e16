// The rate at which the monitor receives, counts and takes the lag of events that a load sends as fast as it can.
import { NS } from '../../dist/base/clock.js';
import { publish } from '../../dist/generators/publish.js';
import { PhaseClock } from '../../dist/metrics/phase-clock.js';
import { startMonitor } from '../../dist/monitor/start-monitor.js';
import { runLoad } from './load-run.mjs';

const MONITOR_ENTRY = new URL('../../dist/cli/entries/monitor.js', import.meta.url);
export const SUBJECTS = 64;
const DOMAINS = 8;
const domains = Array.from({ length: DOMAINS }, (_, i) => `domain-${i}`);

/** Events of so many bytes over 64 subjects in 8 domains. */
export function eventsOf(bytes) {
  return Array.from({ length: SUBJECTS }, (_, i) => {
    const domain = domains[i % DOMAINS];
    const type = `Type${i}`;
    const size = { minBytes: bytes, maxBytes: bytes };
    return { domain, type, subject: `cim.events.${domain}.${type}`, weight: 1, size };
  });
}

/** Sends them as fast as they are taken, for so long; what it counted. */
export async function sendAtMost({ port, events, seconds, phaseClock, onStart }) {
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
  return await runLoad({ port, load, events, phaseClock, onStart });
}

/**
 * Events a second, as the monitor reports them second by second: without the first, in which its code is compiled, and
 * without what it catches up with after the load. Throws when one event was not counted, or its lag not taken.
 */
export async function monitorRate(server, events, seconds) {
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
    let startNs;
    const { counters } = await sendAtMost({
      port: server.port,
      events,
      seconds,
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
