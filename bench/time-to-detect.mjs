// How long does it take until each alert fires, until somebody is told of it, and until it has resolved? Runs a scenario with
// alerts several times, each time with another seed, with a real Prometheus and a real Alertmanager: scenarios/alarms.yaml (servers)
// unless told, or scenarios/event-alarms.yaml (events, workflows, agents).
//
//     npm run build && node bench/time-to-detect.mjs [--runs=5] [--at-once=1] [--scenario=FILE] [--file=reports/time-to-detect-NAME.ndjson]
//
// A run takes seven minutes, of event-alarms.yaml four; --runs=1 is the short mode. --at-once=3 has three side by side, each in processes, ports and
// directories of its own; a machine without a core for each makes them slower than they are alone. Prints the median and the
// worst of each alert as times of the run, with the scrape and evaluation intervals and the factor by which the times of the
// rules were divided. What was measured is appended to the file, and a bench that was ended goes on with the seeds that it
// lacks; delete the file to begin anew. Fails when an alert was missed.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname } from 'node:path';
import { formatDuration } from '../dist/base/units.js';
import { median, numberOption, table, textOption } from './support/figures.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const runs = numberOption('runs', 5);
const atOnce = numberOption('at-once', 1);
const scenario = textOption('scenario') ?? scenarioPath('alarms.yaml');
const file = textOption('file') ?? `reports/time-to-detect-${basename(scenario, '.yaml')}.ndjson`;

mkdirSync(dirname(file), { recursive: true });
const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse) : [];
const results = kept.filter(({ run }) => run <= runs);
const due = Array.from({ length: runs }, (_, i) => i + 1).filter((run) =>
  results.every((result) => result.run !== run),
);
const measureNext = async () => {
  for (let run = due.shift(); run !== undefined; run = due.shift()) {
    const { exitCode, summary } = await runScenario(scenario, { sets: ['monitor.port=0', `seed=${run}`] });
    if (summary.alerts === null)
      throw new Error(`${scenario} came to no alerts: ${summary.verdict.headline}`);
    const kinds = Object.fromEntries(summary.faults.map(({ id, kind }) => [id, kind]));
    const result = { run, atOnce, exitCode, headline: summary.verdict.headline, kinds, ...summary.alerts };
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    results.push(result);
    console.error(`run ${run} of ${runs}: ${result.headline}`);
  }
};
// One that comes to nothing does not take those beside it with it.
const ends = await Promise.allSettled(Array.from({ length: atOnce }, measureNext));
for (const { reason } of ends.filter(({ status }) => status === 'rejected')) throw reason;
results.sort((a, b) => a.run - b.run);

const [{ factor, times, versions }] = results;
const expectations = results[0].results.map(({ expectation }) => expectation);
const isOther = (result) =>
  JSON.stringify(result.results.map((each) => each.expectation)) !== JSON.stringify(expectations);
if (results.some(isOther))
  throw new Error(`${file} has runs of different scenarios: delete it, or name another --file`);
const sidesOf = (all) => [...new Set(all.map((result) => result.atOnce ?? 1))].join(' or ');
console.log(
  `times of the rules divided by ${factor}: scraped every ${formatDuration(times.scrapeNs)}, evaluated every ` +
    `${formatDuration(times.evaluationNs)}; Prometheus ${versions.prometheus}, Alertmanager ${versions.alertmanager}; ` +
    `${results.length} runs, ${sidesOf(results)} at a time, on ${cpus().length} cores (${cpus()[0]?.model}), node ${process.version}\n`,
);
console.log(
  table([
    ['alert', 'severity', 'after', 'met', 'fired', 'worst', 'told', 'worst', 'resolved', 'worst'],
    ...expectations.map(({ alert, severity = 'any', receiver, after }, i) => {
      const own = results.map((result) => result.results[i]);
      const figures = ['detectedAfterNs', 'notifiedAfterNs', 'resolvedAfterNs'].flatMap((key) => {
        const values = own.map((result) => result[key]).filter((value) => value !== undefined);
        return values.length === 0
          ? ['–', '–']
          : [formatDuration(median(values)), formatDuration(Math.max(...values))];
      });
      const met = own.filter(({ verdict }) => verdict === 'met').length;
      const silenced = receiver === 'none' ? ', silenced' : '';
      return [
        alert,
        `${severity}${silenced}`,
        `${results[0].kinds[after]} (${after})`,
        `${met} of ${own.length}`,
        ...figures,
      ];
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
