// A million events a second, open loop, 64 kinds of event, each received and counted by the monitor:
//
// - one event a message: the highest rate that this machine holds is searched for in short runs, held for the whole
//   length, and printed with what limits it;
// - in batches: a million events a second for the whole length.
//
// A rate holds when the scenario's thresholds do: nothing lost, dropped or unsent, and the p99 of the lag below 250 ms, with
// batches 20 ms.
//
//     npm run build && node bench/million.mjs [--seconds=60] [--search-seconds=5] [--start=1000000] [--only=messages|batches]
import { numberOption, table, textOption } from './support/figures.mjs';
import { highestRate } from './support/highest-rate.mjs';
import { machine } from './support/machine.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const seconds = numberOption('seconds', 60);
const searchSeconds = numberOption('search-seconds', 5);
const startPerSec = numberOption('start', 1_000_000);
const only = textOption('only');
const MESSAGES = scenarioPath('million.yaml');
const BATCHES = scenarioPath('million-batched.yaml');
const million = (rate) => (rate / 1e6).toFixed(3);
const ms = (ns) => (ns / 1e6).toFixed(2);

async function measure(file, ratePerSec, forSeconds) {
  const run = await runScenario(file, {
    sets: [`load.firehose.rate=${ratePerSec}/s`, `load.firehose.for=${forSeconds}s`],
  });
  const { exitCode, summary } = run;
  const [{ total }] = summary.loads;
  const { counters, rates, latency } = total;
  const result = {
    ratePerSec,
    seconds: forSeconds,
    held: exitCode === 0,
    due: counters.due,
    received: counters.received,
    receivedPerSec: rates.receivedPerSec,
    lost: counters.lost,
    messages: counters.messages || counters.sent,
    serverMessages: summary.servers.inMsgs,
    recorded: run.recorded['firehose-lag.hgrm'],
    lagP50Ns: latency.lag?.percentiles.p50.ns,
    lagP99Ns: latency.lag?.percentiles.p99.ns,
    lagMaxNs: latency.lag?.max.ns,
    verdict: summary.verdict.headline,
    cpu: cpuOf(summary.resources),
    limit: summary.resources.limits.find(({ load }) => load === 'firehose')?.text ?? 'unknown',
  };
  console.error(
    `${million(ratePerSec)} M/s for ${forSeconds} s: ${result.held ? 'held' : result.verdict}; p99 ${ms(result.lagP99Ns)} ms; ${result.cpu}`,
  );
  return result;
}

/** Shares of a core, as the run sampled them. */
function cpuOf({ users, cores }) {
  const shareOf = (kind) =>
    users
      .filter((user) => user.kind === kind)
      .reduce((sum, { figures }) => sum + (figures.cpuShare?.mean ?? 0), 0);
  const busy = users.find(({ kind }) => kind === 'machine')?.figures.machineShare?.mean ?? 0;
  const percent = (share) => `${Math.round(100 * share)} %`;
  return `of a core: server ${percent(shareOf('server'))}, monitor ${percent(shareOf('monitor'))}, generator ${percent(shareOf('generator'))}; all ${cores} cores ${percent(busy)} busy`;
}

/** The search, then the whole length at what it found; a tenth less as long as that does not hold. */
async function highest() {
  const tried = [];
  const holds = async (rate) => {
    const result = await measure(MESSAGES, rate, searchSeconds);
    tried.push(result);
    return result.held;
  };
  const { held, missed } = await highestRate(holds, { startPerSec });
  const beyond = tried.find(({ ratePerSec }) => ratePerSec === missed);
  let result;
  for (let rate = held; result === undefined || !result.held; rate = Math.round((0.9 * rate) / 1000) * 1000) {
    if (rate < 0.5 * held) throw new Error(`half of what short runs hold does not hold for ${seconds} s`);
    result = await measure(MESSAGES, rate, seconds);
  }
  return { ...result, beyond };
}

const rows = [];
const results = {};
if (only !== 'batches') {
  results.messages = await highest();
  rows.push(['one event a message', results.messages]);
}
if (only !== 'messages') {
  results.batches = await measure(BATCHES, 1_000_000, seconds);
  rows.push(['batches', results.batches]);
}
console.log(
  table([
    [
      '16 B, 64 subjects',
      'M events/s',
      'seconds',
      'received',
      'lost',
      'messages',
      'by the server',
      'in the HDR',
      'lag p50 ms',
      'p99',
      'max',
      'held',
    ],
    ...rows.map(([what, of]) => [
      what,
      million(of.receivedPerSec),
      of.seconds,
      of.received,
      of.lost,
      of.messages,
      of.serverMessages,
      of.recorded,
      ms(of.lagP50Ns),
      ms(of.lagP99Ns),
      ms(of.lagMaxNs),
      of.held ? 'yes' : 'no',
    ]),
  ]),
);
for (const [what, of] of rows) console.log(`${what}: ${of.verdict}; ${of.cpu}; ${of.limit}`);
if (results.messages) {
  const { beyond } = results.messages;
  console.log(
    `what limits it: at ${million(beyond.ratePerSec)} M/s ${beyond.verdict}; ${beyond.cpu}; ${beyond.limit}`,
  );
}
console.log(JSON.stringify({ bench: 'million', machine, results }));
const isWhole = ({ held, lost, received, due, recorded, messages, serverMessages }) =>
  held && lost === 0 && received === due && recorded === due && serverMessages === messages;
process.exitCode = rows.every(([, of]) => isWhole(of)) ? 0 : 1;
