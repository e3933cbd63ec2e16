// A hundred thousand agents, each with an event a second and commands that it answers, on a cluster of three: is the
// schedule kept, and what does the harness take? Runs scenarios/hundred-thousand-agents.yaml and looks once a second at
// the resident memory of stormglass itself, its generator processes and its watchdog included; servers do not count.
//
//     npm run build && node bench/agents.mjs [--agents=100000] [--every=1000] [--commands=10000] [--seconds=60]
//                                            [--nodes=3] [--connections=8|per-agent] [--workers=1]
//
// `--seconds=10` is enough to see that it works. Fails when the run does not pass, or takes more than 600 MB.
import { readdirSync, readFileSync } from 'node:fs';
import { numberOption, table, textOption } from './support/figures.mjs';
import { machine } from './support/machine.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const MOST_BYTES = 600e6;
const seconds = numberOption('seconds', 60);
const sets = [
  `load.fleet.agents=${numberOption('agents', 100_000)}`,
  `load.fleet.every=${numberOption('every', 1000)}ms`,
  `load.fleet.commands=${numberOption('commands', 10_000)}/s`,
  `load.fleet.connections=${textOption('connections') ?? 8}`,
  `load.fleet.workers=${numberOption('workers', 1)}`,
  `load.fleet.for=${seconds}s`,
  `cluster.nodes=${numberOption('nodes', 3)}`,
  'monitor.port=0',
];

let peakBytes = 0;
let timer;
const run = runScenario(scenarioPath('hundred-thousand-agents.yaml'), {
  sets,
  onStart: (pid) => {
    timer = setInterval(() => {
      peakBytes = Math.max(peakBytes, residentBytes(pid));
    }, 1000);
  },
});
const { exitCode, summary } = await run.finally(() => clearInterval(timer));
const [{ crowd, total }] = summary.loads;
const { counters, rates, latency } = total;
const ms = (figure) => (figure ? (figure.ns / 1e6).toFixed(2) : '–');
const result = {
  bench: 'agents',
  exitCode,
  ...crowd,
  seconds,
  duePerSec: Math.round(rates.duePerSec),
  okPerSec: Math.round(rates.okPerSec),
  receivedPerSec: Math.round(rates.receivedPerSec),
  answered: latency.ack_latency?.count ?? 0,
  unknown: counters.unknown,
  dropped: counters.dropped,
  lost: counters.lost,
  scheduleDelayP99Ms: ms(latency.schedule_delay?.percentiles.p99),
  lagP99Ms: ms(latency.lag?.percentiles.p99),
  residentMB: Number((peakBytes / 1e6).toFixed(1)),
  generatorCores: coresOf('generator'),
  monitorCores: coresOf('monitor'),
  serverCores: coresOf('server'),
};
console.log(
  table([
    [
      '',
      'agents',
      'sockets',
      'due/s',
      'ok/s',
      'received/s',
      'delay p99 ms',
      'lag p99 ms',
      'RSS MB',
      'B an agent',
    ],
    [
      summary.verdict.headline === 'passed' ? 'kept' : 'not kept',
      crowd.agents,
      crowd.sockets,
      result.duePerSec,
      result.okPerSec,
      result.receivedPerSec,
      result.scheduleDelayP99Ms,
      result.lagP99Ms,
      result.residentMB,
      crowd.bytesPerAgent,
    ],
  ]),
);
console.log(
  `cores: generators ${result.generatorCores}, monitor ${result.monitorCores}, servers ${result.serverCores}; ` +
    `${result.answered} commands, ${result.unknown} without an answer; ${summary.verdict.headline}`,
);
console.log(JSON.stringify({ ...result, machine }));
process.exitCode = exitCode === 0 && peakBytes < MOST_BYTES ? 0 : 1;

/** Mean use of cores while the load ran, of all of a kind together. */
function coresOf(kind) {
  const users = summary.resources.users.filter((user) => user.kind === kind);
  return Number(users.reduce((sum, { figures }) => sum + (figures.cpuShare?.mean ?? 0), 0).toFixed(2));
}

/** Of a process and of those that it started, but for servers. */
function residentBytes(pid) {
  return residentOf(pid) + childrenOf(pid).reduce((sum, child) => sum + residentOf(child), 0);
}

function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== pid) return false;
        return !readFileSync(`/proc/${name}/cmdline`, 'latin1').includes('nats-server');
      } catch {
        return false;
      }
    })
    .map(Number);
}

function residentOf(pid) {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
