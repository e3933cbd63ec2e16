// Does a long run grow? Half the highest rate that this machine holds, with acknowledged publishes beside it, for ten
// minutes; meanwhile, once a second, the resident memory and the open files of stormglass itself (conductor, generators,
// monitor) and of the server.
//
//     npm run build && node bench/soak.mjs [--seconds=600] [--rate=EVENTS_PER_SECOND] [--search-seconds=5]
//
// A minute is long enough to see that it works, not to judge: memory settles for about two.
// Without a rate, the highest is searched for in short runs, as bench/million.mjs does. Fails when the memory of
// stormglass grows by more than a tenth over the run, by the straight line through what was measured after the first
// minute (least squares), when open files come or go meanwhile, or when the run itself does not pass.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption, table } from './support/figures.mjs';
import { highestRate } from './support/highest-rate.mjs';
import { machine } from './support/machine.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const seconds = numberOption('seconds', 600);
const searchSeconds = numberOption('search-seconds', 5);
const settleSeconds = Math.min(60, seconds / 4);
const MOST_GROWTH = 0.1;

const rate = Math.round(numberOption('rate', 0.5 * (await highest())));
console.log(`${rate} events/s and 1,000 acknowledged a second for ${seconds} s`);
const { exitCode, summary, samples } = await soak();

const settled = samples.filter(({ at }) => at >= settleSeconds);
const result = {
  bench: 'soak',
  exitCode,
  seconds,
  ratePerSec: rate,
  ...figures('stormglass'),
  server: figures('server'),
};
const load = summary.loads.find(({ name }) => name === 'firehose').total;
console.log(
  table([
    [
      `from second ${settleSeconds} on`,
      'mean MiB',
      'lowest',
      'highest',
      'slope KiB/s',
      'growth over the run',
      'open files',
    ],
    row('stormglass', result),
    row('nats-server', result.server),
  ]),
);
console.log(
  `received ${load.counters.received} of ${load.counters.due}, lost ${load.counters.lost}; ${summary.verdict.headline}`,
);
console.log(JSON.stringify({ ...result, machine }));
const grows = result.growth > MOST_GROWTH;
if (grows) console.log(`the memory grows: ${percent(result.growth)} over the run`);
process.exitCode = exitCode === 0 && !grows && result.openFiles.length === 1 ? 0 : 1;

async function highest() {
  if (process.argv.some((argument) => argument.startsWith('--rate='))) return 0;
  const holds = async (ratePerSec) => {
    const { exitCode } = await runScenario(scenarioPath('million.yaml'), {
      sets: [`load.firehose.rate=${ratePerSec}/s`, `load.firehose.for=${searchSeconds}s`],
    });
    console.error(`${ratePerSec}/s for ${searchSeconds} s: ${exitCode === 0 ? 'held' : 'not held'}`);
    return exitCode === 0;
  };
  return (await highestRate(holds, { startPerSec: 1_000_000 })).held;
}

async function soak() {
  const place = mkdtempSync(join(tmpdir(), 'stormglass-soak-'));
  const file = join(place, 'soak.yaml');
  writeFileSync(file, scenario());
  const samples = [];
  let pid;
  let server;
  let timer;
  try {
    const run = await runScenario(file, {
      onStart: (started) => {
        pid = started;
      },
      onLoad: () => {
        server = childOf(pid, 'nats-server');
        const since = process.hrtime()[0];
        timer = setInterval(() => {
          const at = process.hrtime()[0] - since;
          // The last second belongs to the end of the load.
          if (at >= seconds - 1) return clearInterval(timer);
          samples.push({ at, stormglass: look(pid), server: look(server) });
          if (at % 30 === 0)
            console.error(`${at} s: ${look(pid).mib.toFixed(1)} MiB, ${look(pid).files} open files`);
        }, 1000);
      },
    });
    return { ...run, samples };
  } finally {
    clearInterval(timer);
    rmSync(place, { recursive: true, force: true });
  }
}

function scenario() {
  const domains = ['payments', 'stock', 'shipping', 'users', 'sessions', 'devices', 'telemetry', 'audit'];
  return `version: 1
name: soak
seed: 1
cluster: { driver: process, nodes: 1 }
events:
  subject: cim.events.{domain}.{type}
  mix:
    - { domain: orders, types: 8, size: 128B }
${domains.map((domain) => `    - { domain: ${domain}, types: 8, size: 16B }`).join('\n')}
streams: [{ name: ORDERS, subjects: [cim.events.orders.>], storage: file }]
load:
  - { name: orders, kind: js-publish, domains: [orders], rate: 1k/s, for: ${seconds}s }
  - { name: firehose, kind: publish, domains: [${domains.join(', ')}], rate: ${rate}/s, for: ${seconds}s }
checks: [acked-loss]
monitor: { port: 0 }
`;
}

/** The process whose parent is `pid` and whose program is called so. */
function childOf(pid, name) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')[0].endsWith(name),
  );
}

function look(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    mib: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function figures(of) {
  const mibs = settled.map((sample) => sample[of].mib);
  const mean = mibs.reduce((sum, mib) => sum + mib, 0) / mibs.length;
  const slopeMib = slope(settled.map((sample) => [sample.at, sample[of].mib]));
  return {
    meanMib: mean,
    minMib: Math.min(...mibs),
    maxMib: Math.max(...mibs),
    slopeKibPerSec: slopeMib * 1024,
    growth: (slopeMib * (seconds - settleSeconds)) / mean,
    openFiles: lastingFiles(settled.map((sample) => sample[of].files)),
  };
}

/** The different numbers of files that stayed open for ten seconds: those that are read in passing do not count. */
function lastingFiles(files) {
  const of = Math.min(10, files.length);
  const lasting = files.flatMap((_, at) =>
    at % of === of - 1 ? Math.min(...files.slice(at - of + 1, at + 1)) : [],
  );
  return [...new Set(lasting)].sort((a, b) => a - b);
}

function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const products = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return products / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function row(what, { meanMib, minMib, maxMib, slopeKibPerSec, growth, openFiles }) {
  const one = (value) => value.toFixed(1);
  return [
    what,
    one(meanMib),
    one(minMib),
    one(maxMib),
    slopeKibPerSec.toFixed(2),
    percent(growth),
    openFiles.join(', '),
  ];
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
