// How long does it take until each alert fires, until somebody is told of it, and until it has resolved? Runs
// scenarios/alarms.yaml several times, each time with another seed, with a real Prometheus and a real Alertmanager.
//
//     npm run build && node bench/time-to-detect.mjs [--runs=5] [--scenario=FILE] [--file=reports/time-to-detect.ndjson]
//
// A run takes about five minutes; --runs=1 is the short mode. Prints the median and the worst of each alert as times of the
// run, with the scrape and evaluation intervals and the factor by which the times of the rules were divided. What was
// measured is appended to the file, and a bench that was ended goes on where it stopped; delete the file to begin anew.
// Fails when an alert was missed.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { formatDuration } from '../dist/base/units.js';
import { median, numberOption, table, textOption } from './support/figures.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const runs = numberOption('runs', 5);
const scenario = textOption('scenario') ?? scenarioPath('alarms.yaml');
const file = textOption('file') ?? 'reports/time-to-detect.ndjson';

mkdirSync(dirname(file), { recursive: true });
const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse) : [];
const results = kept.slice(0, runs);
for (let run = results.length + 1; run <= runs; run++) {
  const { exitCode, summary } = await runScenario(scenario, { sets: ['monitor.port=0', `seed=${run}`] });
  if (summary.alerts === null) throw new Error(`${scenario} came to no alerts: ${summary.verdict.headline}`);
  const kinds = Object.fromEntries(summary.faults.map(({ id, kind }) => [id, kind]));
  const result = { run, exitCode, headline: summary.verdict.headline, kinds, ...summary.alerts };
  appendFileSync(file, `${JSON.stringify(result)}\n`);
  results.push(result);
  console.error(`run ${run} of ${runs}: ${result.headline}`);
}

const [{ factor, times, versions }] = results;
const expectations = results[0].results.map(({ expectation }) => expectation);
console.log(
  `times of the rules divided by ${factor}: scraped every ${formatDuration(times.scrapeNs)}, evaluated every ` +
    `${formatDuration(times.evaluationNs)}; Prometheus ${versions.prometheus}, Alertmanager ${versions.alertmanager}; ` +
    `${results.length} runs on ${cpus().length} cores (${cpus()[0]?.model}), node ${process.version}\n`,
);
console.log(
  table([
    ['alert', 'after', 'met', 'fired', 'worst', 'told', 'worst', 'resolved', 'worst'],
    ...expectations.map(({ alert, after }, i) => {
      const own = results.map((result) => result.results[i]);
      const figures = ['detectedAfterNs', 'notifiedAfterNs', 'resolvedAfterNs'].flatMap((key) => {
        const values = own.map((result) => result[key]).filter((value) => value !== undefined);
        return values.length === 0
          ? ['–', '–']
          : [formatDuration(median(values)), formatDuration(Math.max(...values))];
      });
      const met = own.filter(({ verdict }) => verdict === 'met').length;
      return [alert, `${results[0].kinds[after]} (${after})`, `${met} of ${own.length}`, ...figures];
    }),
  ]),
);
for (const { run, results: own } of results) {
  for (const { expectation, verdict, detail } of own) {
    if (verdict !== 'met') console.log(`run ${run}: ${expectation.alert} ${verdict}: ${detail}`);
  }
}
process.exitCode = results.every((result) => result.results.every(({ verdict }) => verdict === 'met'))
  ? 0
  : 1;
