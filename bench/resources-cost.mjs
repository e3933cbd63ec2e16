// What looking at resources costs: a thread's own vitals, and the conductor's round over processes and the machine.
//
//     node bench/resources-cost.mjs [--rounds=200] [--seconds=3]
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { nowNs, sleep } from '../dist/base/clock.js';
import { readThreadCpu } from '../dist/base/thread-cpu.js';
import { measureClock } from '../dist/metrics/clock-figures.js';
import { WorkerVitals } from '../dist/metrics/worker-vitals.js';
import { readMachineUsage } from '../dist/processes/machine-usage.js';
import { readProcessUsage } from '../dist/processes/process-usage.js';
import { median, numberOption, table } from './support/figures.mjs';

const rounds = numberOption('rounds', 200);
const seconds = numberOption('seconds', 3);

/** Median time of one call, in microseconds. */
async function timeOf(call) {
  const took = [];
  for (let i = 0; i < rounds; i++) {
    const startNs = nowNs();
    await call();
    took.push(nowNs() - startNs);
  }
  return (median(took) / 1000).toFixed(1);
}

/** Share of a core that an otherwise idle thread uses. */
async function idleShare() {
  const before = readThreadCpu().cpuNs;
  const startNs = nowNs();
  await sleep(seconds * 1000);
  return (readThreadCpu().cpuNs - before) / (nowNs() - startNs);
}

const vitals = new WorkerVitals({ role: 'generator', load: 'bench', worker: 0 });
const idle = await idleShare();
vitals.start();
const timer = setInterval(() => vitals.sample(), 1000);
const watched = await idleShare();
clearInterval(timer);

const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
const rows = [
  ['look', 'µs'],
  ["a thread's CPU", await timeOf(readThreadCpu)],
  ["a thread's vitals, all of them", await timeOf(() => vitals.sample())],
  ["another process's use", await timeOf(() => readProcessUsage(other.pid))],
  ["the machine's use", await timeOf(readMachineUsage)],
];
other.kill();
vitals.stop();
const clock = await measureClock();

console.log(`${cpus()[0].model}, Node ${process.version}\n`);
console.log(table(rows));
console.log(`\na thread that is looked at uses ${((watched - idle) * 100).toFixed(2)} % of a core for it`);
console.log(
  `clock: ${clock.granularityNs} ns a step, ${clock.readNs} ns a reading, error at most ${clock.errorNs} ns; ` +
    `timers of 1 ms come ${(clock.timerLateP50Ns / 1000).toFixed(0)} µs late, ${(clock.timerLateP99Ns / 1000).toFixed(0)} µs at p99`,
);
