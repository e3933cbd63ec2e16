// Runs one load in worker threads, as a run of stormglass does, and gathers its reports.
import { nowNs } from '../../dist/base/clock.js';
import { startLoadFleet } from '../../dist/generators/load-fleet.js';
import { PhaseClock } from '../../dist/metrics/phase-clock.js';

const ENTRY = new URL('./load-worker.mjs', import.meta.url);

/** `onStart(startNs)` is called when the schedule's start is fixed. */
export async function runLoad({ port, load, events, historyFile, onStart }) {
  const reports = [];
  const notices = [];
  const tasks = Array.from({ length: load.workers }, (_, worker) => ({
    runId: 'bench',
    seed: 1,
    load,
    events,
    worker,
    writer: worker,
    connectionName: `bench ${worker}`,
    access: { servers: [{ host: '127.0.0.1', port }] },
    phaseClock: PhaseClock.create().buffer,
    ...(historyFile && { historyFile }),
  }));
  const fleet = startLoadFleet(tasks, ENTRY, {
    onReport: (report) => reports.push(report),
    onNotice: (notice) => notices.push(notice),
  });
  try {
    await fleet.ready();
    const startNs = nowNs() + 20e6;
    fleet.start(startNs);
    await onStart?.(startNs);
    await fleet.finished();
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
  const counters = {};
  for (const { phases } of reports) {
    for (const phase of phases) {
      for (const [name, value] of Object.entries(phase.counters)) {
        counters[name] = (counters[name] ?? 0) + value;
      }
    }
  }
  return { reports, notices, counters };
}
