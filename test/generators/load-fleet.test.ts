import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { StormglassError } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import type { GeneratorTask, IntervalReport, LoadFleet, LoadNotice } from '../../src/contracts/load.js';
import type { WorkerSample } from '../../src/contracts/resources.js';
import { startLoadFleet } from '../../src/generators/load-fleet.js';
import { readVarz } from '../../src/nats/endpoints.js';
import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';
import { messagesInto, startTestServer } from '../support/nats-server.js';
import { steadyRate, type TestLoadOptions, taskOf } from './load-under-test.js';

let compiled: CompiledSources;
/** A thread runs JavaScript only: the worker's sources are compiled for it. */
async function entryOf(name: string, text: string): Promise<URL> {
  const entry = new URL(compiled.url(`${name}.js`));
  await writeFile(fileURLToPath(entry), text);
  return entry;
}
const workerProgram = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { runGeneratorWorker } from './generators/generator-worker.js';
  import { publish } from './generators/publish.js';
  await runGeneratorWorker(parentPort, workerData, [publish]);`;

beforeAll(async () => {
  compiled = await compileSources(
    'generators/generator-worker.ts',
    'generators/last-word.ts',
    'generators/publish.ts',
  );
});
afterAll(() => compiled[Symbol.asyncDispose]());

function start(tasks: readonly GeneratorTask[], entry: URL) {
  const reports: IntervalReport[] = [];
  const notices: LoadNotice[] = [];
  const samples: WorkerSample[] = [];
  const fleet: LoadFleet = startLoadFleet(tasks, entry, {
    onReport: (report) => reports.push(report),
    onNotice: (notice) => notices.push(notice),
    onSample: (sample) => samples.push(sample),
  });
  const sent = () =>
    reports.flatMap(({ phases }) => phases).reduce((sum, { counters }) => sum + (counters.sent ?? 0), 0);
  return { fleet, reports, notices, samples, sent };
}

const tasksOf = (options: Omit<TestLoadOptions, 'worker' | 'kind'>, workers: number) =>
  Array.from({ length: workers }, (_, worker) =>
    taskOf({ ...options, kind: 'publish', worker, workers, writer: worker }),
  );

describe('the fleet of generator threads', () => {
  it('connects, starts together, reports, and has delivered every last report when it is finished', async () => {
    await using server = await startTestServer();
    const entry = await entryOf('worker', workerProgram);
    const { fleet, reports, sent } = start(
      tasksOf({ access: server.access, schedule: steadyRate(2000, 1.2) }, 2),
      entry,
    );
    await using _ = fleet;
    await fleet.ready();
    const startNs = nowNs() + 10 * NS.ms;
    fleet.start(startNs);
    await fleet.finished();
    expect(sent()).toBe(2400);
    expect(new Set(reports.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
    expect(reports.filter((report) => report.startNs === startNs)).toHaveLength(2);
    await expect.poll(() => messagesInto(server)).toBe(2400);
  });

  it('tells after each report what its thread used, intervals touching', async () => {
    await using server = await startTestServer();
    const entry = await entryOf('worker', workerProgram);
    const { fleet, reports, samples } = start(
      tasksOf({ access: server.access, schedule: steadyRate(20_000, 1.2) }, 2),
      entry,
    );
    await using _ = fleet;
    await fleet.ready();
    fleet.start(nowNs() + 10 * NS.ms);
    await fleet.finished();
    for (const worker of [0, 1]) {
      const own = samples.filter((sample) => sample.worker === worker);
      expect(own).toHaveLength(reports.filter((report) => report.worker === worker).length);
      own.slice(1).forEach(({ startNs }, i) => {
        expect(startNs).toBe(own[i]!.endNs);
      });
      for (const { role, load, connections, activeNs, startNs, endNs } of own) {
        expect({ role, load, connections }).toEqual({ role: 'generator', load: 'orders', connections: 1 });
        expect(activeNs).toBeLessThanOrEqual(1.01 * (endNs - startNs) + NS.ms);
      }
      expect(own.some(({ activeNs }) => activeNs > 0)).toBe(true);
    }
  });

  it('stops when told', async () => {
    await using server = await startTestServer();
    const entry = await entryOf('worker', workerProgram);
    const { fleet, reports } = start(
      tasksOf({ access: server.access, schedule: steadyRate(100, 600) }, 1),
      entry,
    );
    await using _ = fleet;
    await fleet.ready();
    fleet.start(nowNs());
    await waitFor(() => reports.length > 0, { timeoutMs: 30_000 });
    fleet.stop();
    await fleet.finished();
    expect(reports.at(-1)!.pending).toBe(0);
  });

  it('passes on what the user can do something about, as the error that it was', async () => {
    const access = { servers: [{ host: '127.0.0.1', port: 1 }] };
    const entry = await entryOf('worker', workerProgram);
    const { fleet } = start(tasksOf({ access, schedule: steadyRate(1, 1) }, 1), entry);
    await using _ = fleet;
    const refused = await fleet.ready().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(StormglassError);
    expect((refused as StormglassError).exit).toBe('preflight');
    expect((refused as StormglassError).message).toMatch(/cannot connect: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    await expect(fleet.finished()).rejects.toBe(refused);
  });

  it.each([
    ['crashes', "throw new TypeError('a bug')", /^load orders, worker 0 crashed$/, /TypeError: a bug/],
    ['ends without a word', '', /ended unexpectedly, with code 0/, /undefined/],
  ])('says which thread it is that %s', async (_, program, message, cause) => {
    const entry = await entryOf('broken', program);
    const access = { servers: [{ host: '127.0.0.1', port: 1 }] };
    const { fleet } = start(tasksOf({ access, schedule: steadyRate(1, 1) }, 1), entry);
    const error = await fleet.ready().then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).toMatch(message);
    expect(String(error?.cause)).toMatch(cause);
    await expect(fleet.finished()).rejects.toBe(error);
    await fleet[Symbol.asyncDispose]();
  });

  it('passes on in full what a callback of a thread threw, too', async () => {
    const program = `
      import { parentPort } from 'node:worker_threads';
      import { StormglassError } from './base/errors.js';
      import { endWithLastWord } from './generators/last-word.js';
      endWithLastWord((lastWord) => { parentPort.postMessage(lastWord); process.exit(1); });
      setImmediate(() => { throw new StormglassError('unexpected', 'it is full', { hint: 'free some space' }); });`;
    const access = { servers: [{ host: '127.0.0.1', port: 1 }] };
    const { fleet } = start(
      tasksOf({ access, schedule: steadyRate(1, 1) }, 1),
      await entryOf('uncaught', program),
    );
    await using _ = fleet;
    await expect(fleet.ready()).rejects.toMatchObject({
      exit: 'unexpected',
      message: 'it is full',
      hint: 'free some space',
    });
    await expect(fleet.finished()).rejects.toBeInstanceOf(StormglassError);
  });

  it('ends threads that are in the middle of it when it is disposed of', async () => {
    await using server = await startTestServer();
    const entry = await entryOf('worker', workerProgram);
    const { fleet } = start(tasksOf({ access: server.access, schedule: steadyRate(100, 600) }, 2), entry);
    await fleet.ready();
    fleet.start(nowNs());
    await fleet[Symbol.asyncDispose]();
    await expect(fleet.finished()).rejects.toThrow(/ended/);
    const disconnected = await waitFor(
      async () => {
        const varz = await readVarz(server.monitorUrl);
        return varz.connections === 0;
      },
      { timeoutMs: 30_000 },
    );
    expect(disconnected).toBe(true);
  });
});
