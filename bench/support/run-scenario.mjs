// Runs a scenario with the command itself, and hands back its summary.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SCENARIOS = fileURLToPath(new URL('../../scenarios/', import.meta.url));

const LOAD_BEGINS = /^ *\d+:\d\d +load$/m;

/** The path of one of the scenarios that ship. */
export function scenarioPath(name) {
  return join(SCENARIOS, name);
}

/**
 * Resolves to the exit code, the summary, and how many values each HdrHistogram file of the report says that it holds.
 * `onStart(pid)` is called when the run is started, `onLoad()` when its load begins; what it wrote is gone at the end.
 */
export async function runScenario(file, { sets = [], onStart, onLoad } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'stormglass-bench-run-'));
  const args = [MAIN, 'run', file, '--json', '--out', place, ...sets.flatMap((set) => ['--set', set])];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const endRun = () => run.kill('SIGTERM');
  process.once('exit', endRun);
  let said = '';
  let told = '';
  run.stdout.on('data', (chunk) => {
    said += chunk;
  });
  run.stderr.on('data', (chunk) => {
    const before = LOAD_BEGINS.test(told);
    told += chunk;
    if (!before && LOAD_BEGINS.test(told)) onLoad?.();
  });
  const closed = new Promise((resolve) => run.once('close', resolve));
  try {
    onStart?.(run.pid);
    const exitCode = await closed;
    if (said === '') throw new Error(`the run ended with ${exitCode} and no summary:\n${told}`);
    return { exitCode, summary: JSON.parse(said), recorded: countRecorded(place) };
  } finally {
    process.off('exit', endRun);
    rmSync(place, { recursive: true, force: true });
  }
}

/** By file: `firehose-lag.hgrm` and the total count of its last lines. */
function countRecorded(place) {
  const latency = join(place, 'latest', 'latency');
  return Object.fromEntries(
    readdirSync(latency)
      .filter((name) => name.endsWith('.hgrm'))
      .map((name) => [
        name,
        Number(/Total count\s*=\s*(\d+)/.exec(readFileSync(join(latency, name), 'utf8'))?.[1]),
      ]),
  );
}
