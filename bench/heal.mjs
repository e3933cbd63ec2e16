// Whether everything that is done is undone: random faults by seed on clusters of three and of five nodes under load,
// one in ten of them in a run that is killed with SIGKILL while the fault holds. Counts the faults that were healed, and
// verified to be, and whatever was left behind: processes, mounts, directories, entries of the registry.
//
// Resumable: a line a seed goes to a file, and seeds that stand there are not run again.
//
//     npm run build && node bench/heal.mjs [--faults=200] [--seeds=1,2,3] [--file=reports/heal.ndjson]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMachine } from '../dist/app/fault-machine.js';
import { planScenario } from '../dist/app/plan-scenario.js';
import { requireAbilities } from '../dist/app/require-abilities.js';
import { seededRandom } from '../dist/base/random.js';
import { listOption, numberOption, table, textOption } from './support/figures.mjs';
import { KeptResults } from './support/kept-results.mjs';
import { FAULTS, randomFaults, STREAM } from './support/random-faults.mjs';
import { MAIN, ScenarioRun } from './support/scenario-run.mjs';

const ENTRY = new URL('../dist/cli/entries/pressure.js', import.meta.url);
const FAULTS_A_RUN = 5;
/** A run that was killed had so many faults before: every second run is, so that it is one in ten of the faults. */
const KILLED_EVERY = 2;
const RUN_ENDS_WITHIN_MS = 300_000;
const WATCHDOG_ENDS_WITHIN_MS = 120_000;
const GONE_WITHIN_MS = 10_000;

const wanted = numberOption('faults', 200);
const seeds = listOption('seeds', undefined);
const kept = new KeptResults(textOption('file') ?? 'reports/heal.ndjson');

const kinds = await kindsOfThisMachine();
const chosen = seeds ?? Array.from({ length: wanted }, (_, i) => i + 1);
for (const seed of chosen) {
  if (kept.of(seed) !== undefined) continue;
  if (seeds === undefined && injectedIn(kept.all) >= wanted) break;
  const result = await runSeed(seed);
  kept.add(result);
  console.error(lineOf(result));
}
printCounts(kept.all.filter(({ seed }) => seeds === undefined || seeds.includes(seed)));

/** What needs a privilege, a program or a kernel that is not here would only say so. */
async function kindsOfThisMachine() {
  const machine = createMachine({ entry: ENTRY, env: process.env }, process.env.PATH);
  const able = [];
  const place = mkdtempSync(join(tmpdir(), 'stormglass-heal-'));
  for (const kind of Object.keys(FAULTS)) {
    const path = join(place, `${kind}.yaml`);
    writeFileSync(path, JSON.stringify(scenarioOf(1, [kind])));
    const plan = planScenario({ file: path, sets: [], env: process.env });
    await requireAbilities(plan, machine).then(
      () => able.push(kind),
      (error) => console.error(`without ${kind}: ${error.message}`),
    );
  }
  rmSync(place, { recursive: true });
  return able;
}

function scenarioOf(seed, of = kinds) {
  const { faults, lastsSec } = randomFaults(seed, { count: FAULTS_A_RUN, kinds: of });
  return {
    version: 1,
    name: `heal-${seed}`,
    seed,
    cluster: { driver: 'process', nodes: seed % 2 === 0 ? 5 : 3, config: { ping_interval: '2s' } },
    events: {
      subject: 'cim.events.{domain}.{type}',
      mix: [{ domain: 'orders', types: { Placed: 1 }, size: '256B' }],
    },
    streams: [{ name: STREAM, subjects: ['cim.events.orders.>'], replicas: 3 }],
    load: [{ name: 'orders', kind: 'js-publish', domains: ['orders'], rate: '300/s', for: `${lastsSec}s` }],
    faults,
    monitor: { port: 0 },
  };
}

async function runSeed(seed) {
  const place = mkdtempSync(join(tmpdir(), 'stormglass-heal-'));
  const run = new ScenarioRun(place, scenarioOf(seed));
  try {
    const random = seededRandom(seed).fork('killed');
    if (seed % KILLED_EVERY === 0) await killInFault(run, FAULTS_A_RUN, random);
    const end = await run.endWithin(RUN_ENDS_WITHIN_MS);
    const runId = run.dir?.split('-').at(-1);
    const wasKilled = end?.signal === 'SIGKILL';
    if (wasKilled || end === undefined) await watchdogIsDone(run.env.XDG_STATE_HOME);
    const recover = spawnSync(process.execPath, [MAIN, 'recover'], { env: run.env, encoding: 'utf8' });
    const faults = run.dir === undefined ? [] : faultsOf(run);
    const left = [
      ...(recover.status === 0 ? [] : [`recover ended with ${recover.status}: ${recover.stderr}`]),
      ...(await whatStays(() => [
        ...(runId === undefined ? [] : processesOf(runId)),
        ...mountsBelow(place),
        ...readdirSync(run.temp).map((name) => `directory ${name}`),
      ])),
    ];
    return {
      seed,
      exitCode: end?.code ?? null,
      wasKilled,
      hung: end === undefined,
      faults: faults.map((fault) => ({ ...fault, healed: left.length === 0 && fault.healed })),
      left,
      ...(run.dir === undefined && { told: run.lastWords }),
    };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Kills the run while its n-th fault holds; what it does not come to in the time of a run is not killed. */
async function killInFault(run, nth, random) {
  let over = false;
  void run.ended.then(() => {
    over = true;
  });
  for (let waitedMs = 0; !over; waitedMs += 20) {
    if (waitedMs >= RUN_ENDS_WITHIN_MS) return;
    if (run.journal.filter(({ type }) => type === 'fault-recorded').length >= nth) break;
    await sleep(20);
  }
  await sleep(random.next() * 1500);
  if (!over) run.kill('SIGKILL');
}

/** The entry of a run goes when all of it is undone; the watchdog ends then. */
async function watchdogIsDone(stateHome) {
  const runs = join(stateHome, 'stormglass', 'runs');
  for (let waitedMs = 0; waitedMs < WATCHDOG_ENDS_WITHIN_MS; waitedMs += 100) {
    if (!existsSync(runs) || readdirSync(runs).length === 0) return;
    await sleep(100);
  }
}

/** A process that was ended takes a moment to be gone; what is still there after this is left behind. */
async function whatStays(look) {
  for (let waitedMs = 0; waitedMs < GONE_WITHIN_MS; waitedMs += 100) {
    if (look().length === 0) return [];
    await sleep(100);
  }
  return look();
}

/** Of a run that ended, by its summary; of one that was killed, by its journal, where the watchdog writes too. */
function faultsOf({ summary, journal }) {
  if (summary !== undefined) {
    return summary.faults.map(({ id, kind, status, detail, injectedAtNs }) => ({
      id,
      kind,
      status,
      injected: injectedAtNs !== null,
      healed: status !== 'unreverted',
      ...(status !== 'reverted' && { detail }),
    }));
  }
  // The watchdog tries again what did not succeed: what it said last of a record holds.
  const undone = new Map(
    journal.filter(({ type }) => type === 'undo').map((event) => [event.record ?? event.what, event.undone]),
  );
  return journal
    .filter(({ type }) => type === 'fault-recorded')
    .map(({ fault, kind }) => {
      const reverted = journal.find((event) => event.type === 'fault-reverted' && event.fault === fault);
      return {
        id: fault,
        kind,
        status: reverted ? 'reverted' : 'killed',
        injected: true,
        healed: reverted ? reverted.holds : undone.size > 0 && [...undone.values()].every(Boolean),
      };
    });
}

function processesOf(runId) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`STORMGLASS_RUN=${runId}`);
      } catch {
        return false;
      }
    })
    .map((pid) => `process ${pid}`);
}

function mountsBelow(place) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((path) => path?.startsWith(`${place}/`))
    .map((path) => `mount ${path}`);
}

function injectedIn(all) {
  return all.flatMap(({ faults }) => faults).filter(({ injected }) => injected).length;
}

function lineOf({ seed, exitCode, wasKilled, faults, left }) {
  const words = faults.map(({ kind, status }) => (status === 'reverted' ? kind : `${kind} ${status}`));
  const end = wasKilled ? 'killed' : `exit ${exitCode}`;
  return `seed ${seed}: ${end}; ${words.join(', ')}${left.length > 0 ? `; LEFT ${left.join('; ')}` : ''}`;
}

function printCounts(all) {
  const faults = all.flatMap(({ faults: each, wasKilled }) => each.map((fault) => ({ ...fault, wasKilled })));
  const injected = faults.filter((fault) => fault.injected);
  const rows = kinds.map((kind) => {
    const own = injected.filter((fault) => fault.kind === kind);
    const count = (test) => own.filter(test).length;
    return [
      kind,
      own.length,
      count(({ healed }) => healed),
      count(({ status }) => status === 'killed'),
      count(({ status }) => status === 'no-effect' || status === 'failed'),
    ];
  });
  console.log(table([['kind', 'injected', 'healed', 'run killed', 'without effect'], ...rows]));
  const healed = injected.filter((fault) => fault.healed).length;
  const killed = injected.filter(({ status }) => status === 'killed').length;
  const left = all.flatMap((result) => result.left);
  console.log(
    `\n${healed} of ${injected.length} faults healed and verified, ${killed} of them after the run was killed with SIGKILL; ` +
      `${faults.length - injected.length} not injected; ${left.length} things left behind`,
  );
  for (const each of left) console.log(`left: ${each}`);
  for (const { seed, faults: own } of all) {
    for (const { id, kind, status, detail } of own.filter((fault) => fault.injected && !fault.healed))
      console.log(`seed ${seed}, ${id} (${kind}): ${status}${detail ? `: ${detail}` : ''}`);
  }
  for (const { seed, told } of all) if (told !== undefined) console.log(`seed ${seed} did not run: ${told}`);
  if (healed < injected.length || left.length > 0) process.exitCode = 1;
}
