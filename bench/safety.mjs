// Whether anything that was acknowledged is ever lost: runs with random faults by seed (a node killed, paused, cut off,
// restarted) on three nodes with R3 file streams, under acknowledged publishes with ids, a consumer that acknowledges, and a
// key-value bucket; every check that judges such loads. Prints the table of verdicts.
//
// A violation is a finding, not a failure: it is printed, its run directory kept, and `stormglass shrink` makes it small. The
// exit code is 1 only where stormglass itself could not judge a run.
//
// Resumable: a line a seed goes to a file, and seeds that were judged there are not run again. Two may run at once, with seeds of
// their own and one file.
//
//     npm run build && node bench/safety.mjs [--runs=50] [--seeds=1,2,3] [--file=reports/safety.ndjson]
//         [--keep=reports/safety] [--into=docs/safety.md]
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CHECKERS, LOAD_KINDS } from '../dist/app/plugins.js';
import { formatInteger } from '../dist/base/units.js';
import { listOption, numberOption, table, textOption } from './support/figures.mjs';
import { KeptResults } from './support/kept-results.mjs';
import { writeBetweenMarks } from './support/marked-text.mjs';
import { randomFaults, STREAM } from './support/random-faults.mjs';
import { ScenarioRun } from './support/scenario-run.mjs';

const KINDS = ['node-kill', 'node-pause', 'partition', 'node-restart'];
const FAULTS_A_RUN = 4;
const REST_SEC = 4;
/** What is asked is what becomes of operations, not how soon: a busy machine is no reason not to judge. */
const UNHURRIED = { 'max-lateness': '30s', 'ack-timeout': '5s' };
const RUN_ENDS_WITHIN_MS = 300_000;
/** Of a run that stormglass has judged: passed, safety, threshold, expectation, inconclusive. */
const JUDGED = new Set([0, 4, 5, 6, 7]);
const HEADINGS = ['faults', 'acknowledged', 'passed', 'failed', 'unknown', 'exit'];
const MARK = 'fifty runs: node bench/safety.mjs --into=docs/safety.md';

const seeds = listOption('seeds', undefined) ?? counting(numberOption('runs', 50));
const kept = new KeptResults(textOption('file') ?? 'reports/safety.ndjson');
const keepIn = textOption('keep') ?? 'reports/safety';
const into = textOption('into');

for (const seed of seeds) {
  const known = kept.of(seed);
  // One that could not be judged is tried again.
  if (known !== undefined && !isUnjudged(known)) continue;
  const result = await runSeed(seed);
  kept.add(result);
  console.error(lineOf(result));
}

const results = kept.all.filter(({ seed }) => seeds.includes(seed));
console.log(table([['seed', ...HEADINGS], ...results.map((result) => [result.seed, ...cellsOf(result)])]));
console.log(`\n${table(tallyOf(results))}`);
console.log(`\n${conclusionOf(results)}`);
for (const { seed, dir } of results.filter(isViolated))
  console.log(`seed ${seed} broke a promise: stormglass shrink ${dir}`);
for (const { seed, exitCode, told } of results.filter(isUnjudged))
  console.log(`seed ${seed} could not be judged (exit ${exitCode}): ${told}`);
if (into !== undefined) writeBetweenMarks(into, MARK, markdownOf(results));
if (results.some(isUnjudged)) process.exitCode = 1;

function counting(count) {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function scenarioOf(seed) {
  const { faults, lastsSec } = randomFaults(seed, { count: FAULTS_A_RUN, kinds: KINDS, restSec: REST_SEC });
  const load = [
    {
      ...{ name: 'orders', kind: 'js-publish', domains: ['orders'], workers: 2 },
      ...{ rate: '300/s', for: `${lastsSec}s`, 'msg-id': { repeat: '2%' } },
      ...UNHURRIED,
    },
    { name: 'readers', kind: 'js-consume', stream: STREAM, ack: 'sync', workers: 2 },
    {
      ...{ name: 'stock', kind: 'kv', bucket: 'stock', replicas: 3, storage: 'file', keys: 50, workers: 2 },
      ...{ mix: { put: 40, get: 40, 'compare-and-set': 20 }, rate: '200/s', for: `${lastsSec}s` },
      ...UNHURRIED,
    },
    {
      ...{ name: 'telemetry', kind: 'publish', domains: ['telemetry'], rate: '200/s' },
      ...{ for: `${lastsSec}s`, 'max-lateness': '30s' },
    },
  ];
  return {
    ...{ version: 1, name: `safety-${seed}`, seed },
    cluster: {
      ...{ driver: 'process', nodes: 3, jetstream: { storage: 'file' } },
      config: { ping_interval: '2s' },
    },
    events: {
      subject: 'cim.events.{domain}.{type}',
      mix: [
        { domain: 'orders', types: { Placed: 3, Paid: 1 }, size: '256B' },
        { domain: 'telemetry', types: { Sampled: 1 }, size: '64B' },
      ],
    },
    streams: [{ name: STREAM, subjects: ['cim.events.orders.>'], replicas: 3 }],
    ...{ load, faults },
    // A node may be hit while the one before still catches up: that, too, must lose nothing.
    guards: { 'allow-quorum-loss': true },
    checks: checksOf(load),
    monitor: { port: 0 },
  };
}

/** Every check that has something to judge in these loads. */
function checksOf(load) {
  const recorded = new Set(
    load.flatMap(({ kind }) => LOAD_KINDS.find((each) => each.kind === kind).facts.history),
  );
  return CHECKERS.filter(
    ({ judges }) => judges.length === 0 || judges.some((each) => recorded.has(each)),
  ).map(({ name }) => name);
}

async function runSeed(seed) {
  const place = mkdtempSync(join(tmpdir(), 'stormglass-safety-'));
  const run = new ScenarioRun(place, scenarioOf(seed));
  try {
    const end = await run.endWithin(RUN_ENDS_WITHIN_MS);
    const { summary } = run;
    const exitCode = end?.code ?? null;
    const result = {
      seed,
      exitCode,
      faults: (summary?.faults ?? []).map(({ kind, targets, status }) => ({ kind, targets, status })),
      acknowledged: summary?.checks.find(({ name }) => name === 'acked-loss')?.counts.acknowledged ?? 0,
      checks: Object.fromEntries((summary?.checks ?? []).map(({ name, verdict }) => [name, verdict])),
      notPassed: (summary?.checks ?? [])
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ name, sentence }) => `${name}: ${sentence}`),
      sentence: summary?.safety?.sentence ?? '',
      headline: summary?.verdict.headline ?? '',
    };
    if (isUnjudged(result)) result.told = end === undefined ? 'it hung' : result.headline || run.lastWords;
    if ((isViolated(result) || isUnjudged(result)) && run.dir !== undefined) {
      mkdirSync(keepIn, { recursive: true });
      result.dir = join(keepIn, basename(run.dir));
      cpSync(run.dir, result.dir, { recursive: true });
    }
    return result;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function isViolated({ exitCode, checks }) {
  return exitCode === 5 || Object.values(checks).includes('fail');
}

function isUnjudged({ exitCode, checks }) {
  return !JUDGED.has(exitCode) || Object.keys(checks).length === 0;
}

function namesBy({ checks }, wanted) {
  return Object.entries(checks)
    .filter(([, verdict]) => verdict === wanted)
    .map(([name]) => name);
}

function cellsOf(result) {
  const { faults, acknowledged, checks, exitCode } = result;
  const passed = namesBy(result, 'pass').length;
  return [
    faults.map(faultText).join(', ') || '–',
    formatInteger(acknowledged),
    `${passed} of ${Object.keys(checks).length}`,
    namesBy(result, 'fail').join(', ') || '–',
    namesBy(result, 'unknown').join(', ') || '–',
    exitCode ?? 'hung',
  ];
}

function faultText({ kind, targets, status }) {
  const words = `${kind.replace('node-', '')} ${targets.join(' ')}`.trim();
  return status === 'reverted' ? words : `${words} (${status})`;
}

function tallyOf(all) {
  const names = [...new Set(all.flatMap(({ checks }) => Object.keys(checks)))];
  const rows = names.map((name) => {
    const count = (verdict) => all.filter(({ checks }) => checks[name] === verdict).length;
    return [name, count('pass'), count('fail'), count('unknown')];
  });
  return [['check', 'pass', 'fail', 'unknown'], ...rows];
}

function conclusionOf(all) {
  const count = (test) => all.filter(test).length;
  const acknowledged = all.reduce((sum, result) => sum + result.acknowledged, 0);
  const faults = all.flatMap((result) => result.faults);
  const held = faults.filter(({ status }) => status === 'reverted').length;
  const open = count(
    (result) => !isUnjudged(result) && !isViolated(result) && namesBy(result, 'unknown').length > 0,
  );
  return (
    `${all.length} runs, ${formatInteger(acknowledged)} acknowledged writes, ${held} of ${faults.length} faults made and healed: ` +
    `${count(isViolated)} runs with a violation, ${open} with a check that is unknown, ${count(isUnjudged)} not judged`
  );
}

function markdownOf(all) {
  const rowsOf = (rows) => {
    const lines = rows.map((row) => `| ${row.join(' | ')} |`);
    return [lines[0], `|${rows[0].map(() => '---').join('|')}|`, ...lines.slice(1)].join('\n');
  };
  const notes = all
    .filter(({ exitCode, notPassed }) => exitCode !== 0 || notPassed.length > 0)
    .map(({ seed, headline, notPassed }) => `- seed ${seed}: ${[headline, ...notPassed].join('; ')}`);
  return [
    `${conclusionOf(all)}.`,
    rowsOf(tallyOf(all)),
    rowsOf([['seed', ...HEADINGS], ...all.map((result) => [result.seed, ...cellsOf(result)])]),
    ...(notes.length === 0 ? [] : [`What ended otherwise than with exit code 0:\n\n${notes.join('\n')}`]),
  ].join('\n\n');
}

function lineOf(result) {
  const { seed, exitCode, faults, headline } = result;
  const end = isUnjudged(result) ? `NOT JUDGED (exit ${exitCode})` : `exit ${exitCode}`;
  return `seed ${seed}: ${end}; ${faults.map(faultText).join(', ')}; ${result.sentence || headline}`;
}
