import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { GeneratorTask, IntervalReport } from '../../src/contracts/load.js';
import { startLoadFleet } from '../../src/generators/load-fleet.js';
import { PhaseClock } from '../../src/metrics/phase-clock.js';
import { forkMarked } from '../../src/processes/forked-process.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';
import { messagesInto, startTestServer } from '../support/nats-server.js';
import { whileStopped } from '../support/pause-process.js';
import { steadyRate, type TestLoadOptions, taskOf } from './load-under-test.js';

const MARK = `generator-process-${process.pid}`;
let compiled: CompiledSources;

async function entryOf(name: string, text: string): Promise<URL> {
  const entry = new URL(compiled.url(`${name}.js`));
  await writeFile(fileURLToPath(entry), text);
  return entry;
}
const program = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { runGeneratorProcess } from './generators/generator-process.js';
  import { runGeneratorWorker } from './generators/generator-worker.js';
  import { publish } from './generators/publish.js';
  if (parentPort) await runGeneratorWorker(parentPort, workerData, [publish]);
  else {
    process.on('disconnect', () => process.exit());
    await runGeneratorProcess(process, [publish]);
  }`;

beforeAll(async () => {
  compiled = await compileSources(
    'generators/generator-process.ts',
    'generators/last-word.ts',
    'generators/publish.ts',
  );
});
afterAll(() => compiled[Symbol.asyncDispose]());

/** The first worker is a thread, the others are processes, unless told. */
function start(tasks: readonly GeneratorTask[], entry: URL, isApart = (task: number): boolean => task > 0) {
  const reports: IntervalReport[] = [];
  const children: ChildProcess[] = [];
  const fleet = startLoadFleet(
    tasks,
    entry,
    { onReport: (report) => reports.push(report), onNotice: () => {} },
    {
      isApart,
      fork: (url) => {
        const child = forkMarked({ entry: url, mark: MARK, env: { PATH: process.env.PATH } });
        children.push(child);
        return child;
      },
    },
  );
  return { fleet, reports, children };
}

const tasksOf = (options: Omit<TestLoadOptions, 'worker' | 'kind'>, workers: number) => {
  const clock = PhaseClock.create();
  const tasks = Array.from({ length: workers }, (_, worker) =>
    taskOf({ ...options, kind: 'publish', worker, workers, writer: worker }, clock),
  );
  return { clock, tasks };
};

const sentIn = (reports: readonly IntervalReport[], phase: string, worker: number): number =>
  reports
    .filter((report) => report.worker === worker)
    .flatMap(({ phases }) => phases)
    .filter((each) => each.phase === phase)
    .reduce((sum, { counters }) => sum + (counters.sent ?? 0), 0);

describe('generators in processes of their own', () => {
  it('keep one schedule with the threads, and file what they do under the phases of the run', async () => {
    await using server = await startTestServer();
    const { clock, tasks } = tasksOf({ access: server.access, schedule: steadyRate(3000, 1.5) }, 3);
    const { fleet, reports, children } = start(tasks, await entryOf('both', program));
    await using _ = fleet;
    expect(fleet.processes).toEqual(
      children.map(({ pid }, i) => ({ name: `${tasks[0]!.load.name} ${i + 1}`, pid })),
    );
    await fleet.ready();
    expect((await findMarked(MARK)).map(({ pid }) => pid).sort()).toEqual(
      children.map(({ pid }) => pid).sort(),
    );
    const startNs = Math.ceil((nowNs() + 50 * NS.ms) / NS.us) * NS.us;
    const begin = (phase: 'steady' | 'faults', atNs: number) => {
      clock.begin(phase, atNs);
      fleet.beginPhase(phase, atNs);
    };
    begin('steady', startNs);
    // Told before the start: a message takes its time, and nobody waits for it.
    begin('faults', startNs + 0.9 * NS.s);
    fleet.start(startNs);
    await fleet.finished();
    for (const worker of [0, 1, 2]) {
      expect(sentIn(reports, 'steady', worker)).toBe(900);
      expect(sentIn(reports, 'faults', worker)).toBe(600);
    }
    await expect.poll(() => messagesInto(server)).toBe(4500);
    await fleet[Symbol.asyncDispose]();
    expect(await findMarked(MARK)).toEqual([]);
  });

  it('are told to stop, and end with their fleet', async () => {
    await using server = await startTestServer();
    const { tasks } = tasksOf({ access: server.access, schedule: steadyRate(100, 600) }, 2);
    const { fleet, reports } = start(tasks, await entryOf('both', program));
    await fleet.ready();
    fleet.start(nowNs());
    await waitFor(() => reports.some(({ worker }) => worker === 1), { timeoutMs: 60_000 });
    fleet.stop();
    await fleet.finished();
    expect(reports.filter(({ worker }) => worker === 1).at(-1)!.pending).toBe(0);
    await fleet[Symbol.asyncDispose]();
    expect(await findMarked(MARK)).toEqual([]);
  });

  it('are stopped by a stop that they read together with their start', async () => {
    await using server = await startTestServer();
    const { tasks } = tasksOf({ access: server.access, schedule: steadyRate(100, 600) }, 1);
    const { fleet, reports, children } = start(tasks, await entryOf('both', program), () => true);
    await using _ = fleet;
    await fleet.ready();
    await whileStopped(children[0]!.pid!, async () => {
      fleet.start(nowNs());
      fleet.stop();
    });
    await fleet.finished();
    expect(sentIn(reports, 'steady', 0)).toBe(0);
  });

  it('fail the load, with their own words, when they end before it', async () => {
    await using server = await startTestServer();
    const { tasks } = tasksOf({ access: server.access, schedule: steadyRate(100, 600) }, 2);
    const { fleet, children } = start(tasks, await entryOf('both', program));
    await fleet.ready();
    fleet.start(nowNs());
    children[0]!.kill('SIGKILL');
    await expect(fleet.failed()).rejects.toThrow(/^load orders, worker 1 ended unexpectedly, by SIGKILL$/);
    await fleet[Symbol.asyncDispose]();

    const broken = start(tasks, await entryOf('broken', "throw new TypeError('a bug');"), () => true);
    await expect(broken.fleet.failed()).rejects.toThrow(
      /ended unexpectedly, with code 1: [\s\S]*TypeError: a bug/,
    );
    await broken.fleet[Symbol.asyncDispose]();

    const uncaught = `
      import { StormglassError } from './base/errors.js';
      import { endWithLastWord } from './generators/last-word.js';
      endWithLastWord((lastWord) => process.send(lastWord, () => process.exit(1)));
      process.on('message', () => {
        throw new StormglassError('unexpected', 'it is full', { hint: 'free some space' });
      });`;
    const full = start(tasks, await entryOf('uncaught', uncaught), () => true);
    await expect(full.fleet.failed()).rejects.toMatchObject({
      message: 'it is full',
      hint: 'free some space',
    });
    await full.fleet[Symbol.asyncDispose]();
    expect(await findMarked(MARK)).toEqual([]);
  });
});
