// The process of bench/checkers.mjs that writes a history, or opens one and runs the checks, one after the other.
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { CHECKERS } from '../../dist/app/plugins.js';
import { openHistories, writeHistories } from './made-histories.mjs';

process.once('message', ({ task, history, operations, place, checks }) => {
  if (task === 'write') process.send({ bytes: writeHistories(history, operations, place) });
  else process.send(check(history, operations, place, checks));
});

function check(name, operations, place, checks) {
  const history = openHistories(name, operations, place);
  globalThis.gc();
  const base = process.memoryUsage.rss();
  let peak = base;
  let all = 0;
  let allCpu = 0;
  const results = checks.map((name) => {
    const checker = CHECKERS.find((one) => one.name === name);
    if (checker === undefined) throw new Error(`there is no check ${name}`);
    const params = checker.schema?.parse({}) ?? {};
    forgetPeak();
    const from = performance.now();
    const cpuFrom = process.cpuUsage();
    const { verdict } = checker.check(history, params);
    const ms = performance.now() - from;
    const { user, system } = process.cpuUsage(cpuFrom);
    const cpuMs = (user + system) / 1000;
    all += ms;
    allCpu += cpuMs;
    const peakBytes = peakMemory();
    peak = Math.max(peak, peakBytes);
    return { name, ms, cpuMs, peakBytes, verdict };
  });
  return { base, results, total: { ms: all, cpuMs: allCpu, peakBytes: peak } };
}

/** Linux begins to measure the peak anew; elsewhere it is that of the process so far. */
function forgetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {}
}

function peakMemory() {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {}
  return process.resourceUsage().maxRSS * 1024;
}
