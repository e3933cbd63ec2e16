// Runs loads in worker threads, as a run of stormglass does, and gathers their reports.
import { nowNs } from '../../dist/base/clock.js';
import { startLoadFleet } from '../../dist/generators/load-fleet.js';
import { PhaseClock } from '../../dist/metrics/phase-clock.js';

const ENTRY = new URL('./load-worker.mjs', import.meta.url);

/** `onStart(startNs, reports)` is called when the schedule's start is fixed; reports come in as the load goes on. */
export async function runLoad({ load, ...options }) {
  const { reports, notices, counters } = await runLoads({ loads: [load], ...options });
  return { reports, notices, counters: counters[load.name] };
}

/** Several loads at once, all with these events; `counters` are by the load's name. */
export async function runLoads({ loads, onStart, ...options }) {
  const reports = [];
  const notices = [];
  const fleet = fleetOf({ loads, ...options }, reports, notices);
  try {
    await fleet.ready();
    const startNs = nowNs() + 20e6;
    fleet.start(startNs);
    await onStart?.(startNs, reports);
    await fleet.finished();
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
  const counters = Object.fromEntries(loads.map(({ name }) => [name, {}]));
  for (const { load, phases } of reports) {
    for (const phase of phases) {
      for (const [name, value] of Object.entries(phase.counters)) {
        counters[load][name] = (counters[load][name] ?? 0) + value;
      }
    }
  }
  return { reports, notices, counters };
}

/** Starts a load that answers others, with a time of its own; resolves, when it listens, to what ends it. */
export async function startResponder({ load, ...options }) {
  const fleet = fleetOf({ loads: [load], ...options }, [], []);
  await fleet.ready();
  fleet.start(nowNs());
  return async () => {
    fleet.stop();
    await fleet.finished();
    await fleet[Symbol.asyncDispose]();
  };
}

function fleetOf({ port, access, loads, events, historyFile, phaseClock }, reports, notices) {
  const clock = phaseClock ?? PhaseClock.create();
  const tasks = [];
  for (const load of loads) {
    for (let worker = 0; worker < load.workers; worker++) {
      tasks.push({
        runId: 'bench',
        seed: 1,
        load,
        events,
        worker,
        writer: tasks.length,
        connectionName: `bench ${load.name} ${worker}`,
        access: access ?? { servers: [{ host: '127.0.0.1', port }] },
        phaseClock: clock.buffer,
        ...(historyFile && { historyFile }),
      });
    }
  }
  const subjects = events.map(({ subject }) => subject);
  const writers = tasks
    .filter(({ load }) => load.kind === 'publish' || load.kind === 'js-publish')
    .map(({ writer }) => ({ writer, subjects }));
  return startLoadFleet(
    tasks.map((task) => ({ ...task, writers })),
    ENTRY,
    {
      onReport: (report) => reports.push(report),
      onNotice: (notice) => notices.push(notice),
    },
  );
}
