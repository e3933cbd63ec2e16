// How long does a system take to recover from each kind of fault? Runs the scenarios of scenarios/chaos again and again,
// each time with another seed, and reads the recovery of every fault from its summary.
//
//     npm run build && node bench/recovery.mjs [--kinds=node-kill,node-pause] [--repeat=10] [--file=reports/recovery.ndjson]
//
// A kind is the name of a scenario there; all that stormglass starts itself as processes, unless told. What was measured
// is appended to the file, and a bench that was ended goes on where it stopped; delete the file to begin anew. Prints the
// table of docs/faults.md: how long the load felt a fault, when the last leader was elected after it was made, and
// how long after its healing the system was steady again. Fails when a run did.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname } from 'node:path';
import { formatDuration } from '../dist/base/units.js';
import { median, numberOption, textOption } from './support/figures.mjs';
import { runScenario, scenarioPath } from './support/run-scenario.mjs';

const repeat = numberOption('repeat', 10);
const file = textOption('file') ?? 'reports/recovery.ndjson';
const kinds = textOption('kinds')?.split(',') ?? ownScenarios();
const unknown = kinds.filter((kind) => !existsSync(pathOf(kind)));
if (unknown.length > 0)
  throw new RangeError(`--kinds: there is no scenarios/chaos/${unknown.join('.yaml, ')}.yaml`);

mkdirSync(dirname(file), { recursive: true });
const results = existsSync(file) ? readLines(file) : [];

// Round by round, so that a bench that is ended early knows something of every kind.
for (let repetition = 1; repetition <= repeat; repetition++) {
  for (const kind of kinds) {
    const isKnown = results.some(
      (one) => one.kind === kind && (one.repetition === repetition || one.unable !== undefined),
    );
    if (isKnown) continue;
    const result = { kind, repetition, ...(await measure(kind, repetition)) };
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    results.push(result);
    console.error(`${kind} ${repetition}/${repeat}: ${result.unable ?? tell(result)}`);
  }
}

const asked = results.filter(({ kind, repetition }) => kinds.includes(kind) && repetition <= repeat);
console.log(markdown(asked));
const failed = asked.filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
for (const { kind, repetition, exitCode, headline } of failed)
  console.log(`${kind}, repetition ${repetition}: exit code ${exitCode}: ${headline}`);
console.log(
  JSON.stringify({
    bench: 'recovery',
    runs: asked.length,
    failed: failed.length,
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
  }),
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Every scenario on servers that stormglass starts as processes. */
function ownScenarios() {
  return readdirSync(scenarioPath('chaos'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .filter((kind) => !/driver: (docker|external)/.test(readFileSync(pathOf(kind), 'utf8')))
    .sort();
}

function pathOf(kind) {
  return scenarioPath(`chaos/${kind}.yaml`);
}

/** A line that a bench was ended in the middle of is measured again. */
function readLines(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

async function measure(kind, seed) {
  try {
    const { exitCode, summary } = await runScenario(pathOf(kind), {
      sets: [`seed=${seed}`, 'monitor.port=0'],
    });
    const faults = summary.faults.map(({ kind: of, target, status, recovery, settled }) => ({
      of,
      target,
      status,
      // What was not seen to end lasted at least so long.
      feltNs: recovery.ns ?? recovery.atLeastNs,
      isOver: recovery.ns !== undefined,
      electedNs: recovery.steps?.electedNs,
      settledNs: settled?.steady ? settled.afterNs : undefined,
    }));
    return { exitCode, headline: summary.verdict.headline, faults };
  } catch (error) {
    // The preflight says what this machine lacks: it lacks that in every repetition.
    if (!/ended with 3 /.test(error.message)) throw error;
    return { unable: /^stormglass: (.*)$/m.exec(error.message)?.[1] ?? 'the preflight failed' };
  }
}

function tell({ exitCode, faults }) {
  const each = faults.map(({ of, status, feltNs }) => `${of} ${status}, felt: ${duration(feltNs)}`);
  return `exit code ${exitCode}; ${each.join('; ')}`;
}

/** A row for each kind of fault in each scenario, in the order of the scenarios. */
function markdown(all) {
  const rows = kinds.flatMap((kind) => {
    const runs = all.filter((one) => one.kind === kind);
    const unable = runs.find((one) => one.unable !== undefined)?.unable;
    if (unable !== undefined) return [`| \`${kind}\` | | 0 | not on this machine: ${unable} | | |`];
    const faults = runs.flatMap((run) => run.faults ?? []);
    return [...new Set(faults.map(({ of }) => of))].map((of) => rowOf(kind, of, faults));
  });
  return [
    '| scenario | fault | times | felt by the load: median, worst | leader elected after: median, worst | steady after its healing: median, worst |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function rowOf(kind, of, faults) {
  const own = faults.filter((fault) => fault.of === of);
  const cells = [
    `\`${kind}\``,
    `\`${of}\` on ${[...new Set(own.map(({ target }) => target))].slice(0, 3).join(', ')}`,
    own.length,
    figures(
      own.map(({ feltNs }) => feltNs),
      own.every(({ isOver }) => isOver) ? '' : '≥ ',
    ),
    figures(own.map(({ electedNs }) => electedNs)),
    figures(own.map(({ settledNs }) => settledNs)),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Of those that there are: an election, for one, takes place only where a leader was hit. */
function figures(values, worstIs = '') {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return '–';
  const some = known.length < values.length ? ` (${known.length} of ${values.length})` : '';
  return `${duration(median(known))}, ${worstIs}${duration(Math.max(...known))}${some}`;
}

function duration(ns) {
  if (ns === undefined) return 'nobody knows how long';
  return ns === 0 ? 'not' : formatDuration(Number(ns.toPrecision(3)));
}
