import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreflightError } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import { identify, isAlive, isStopped } from '../../src/processes/identity.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { readLines } from '../../src/undo/durable-lines.js';
import { recover } from '../../src/undo/recover.js';
import { RunRegistry } from '../../src/undo/run-registry.js';
import { startWatchdog } from '../../src/undo/watchdog.js';
import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';
import { TestRun } from './support/test-run.js';

const script = fileURLToPath(new URL('./support/doomed-run.mjs', import.meta.url));
let compiled: CompiledSources;
beforeAll(async () => {
  compiled = await compileSources('cli/entries/watchdog.ts', 'undo/watchdog.ts');
});
afterAll(() => compiled[Symbol.asyncDispose]());

/** A run in a process of its own, guarded by a watchdog; all of them are gone after the test. */
interface DoomedRun {
  readonly child: ChildProcess;
  readonly watchdog: ProcessIdentity;
  readonly servers: readonly ProcessIdentity[];
  /** The next line that it says. */
  says(): Promise<Record<string, unknown>>;
}

async function startDoomedRun(run: TestRun): Promise<DoomedRun> {
  const args = [script, compiled.url(''), run.stateDir, run.root, run.runId];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  run.watch(identify(child.pid as number) as ProcessIdentity);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const says = async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
  const { watchdog, servers } = (await says()) as { watchdog: ProcessIdentity; servers: ProcessIdentity[] };
  for (const identity of [watchdog, ...servers]) run.watch(identity);
  return { child, watchdog, servers, says };
}

const within = (look: () => boolean) => waitFor(look, { timeoutMs: 30_000 });

/** Waits until the watchdog has gone, and everything of the run before it. */
async function expectNothingLeft(run: TestRun, { watchdog, servers }: DoomedRun): Promise<void> {
  expect(await within(() => !isAlive(watchdog))).toBe(true);
  expect(servers.map(isAlive)).toEqual([false, false]);
  expect(await findMarked(run.runId)).toEqual([]);
  expect(existsSync(join(run.root, 'work'))).toBe(false);
  const registry = new RunRegistry(run.stateDir);
  expect(registry.read(run.runId)).toBeUndefined();
  expect(existsSync(registry.lockOf(run.runId))).toBe(false);
}

describe('the watchdog', () => {
  it('undoes everything when the run is killed with SIGKILL, and then ends', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    doomed.child.kill('SIGKILL');

    await expectNothingLeft(run, doomed);
    expect(readLines(join(run.root, 'journal.ndjson'))?.lines.map(({ value }) => value)).toMatchObject([
      { type: 'undo', by: 'watchdog', record: 'cluster', undone: true, detail: 'ended 2' },
      { type: 'undo', by: 'watchdog', record: 'work', undone: true, detail: 'removed' },
    ]);
    expect(await recover({ stateDir: run.stateDir })).toEqual({ runs: [], unreadable: [], clean: true });
  });

  it('ends servers that are stopped, and goes on after a line that the run could not finish', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    const server = doomed.servers[0] as ProcessIdentity;
    process.kill(server.pid, 'SIGSTOP');
    expect(await within(() => isStopped(server))).toBe(true);
    writeFileSync(join(run.root, 'journal.ndjson'), '{"type":"phase"}\n{"type":"fault-inj');
    doomed.child.kill('SIGKILL');

    await expectNothingLeft(run, doomed);
    const journal = readLines(join(run.root, 'journal.ndjson'));
    expect(journal?.lines.map(({ value }) => (value as { type: string }).type)).toEqual([
      'phase',
      'undo',
      'undo',
    ]);
    expect(journal?.damaged).toEqual([]);
  });

  it('is not ended by what a terminal or a shutdown sends, nor mistaken for a process of the run', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(doomed.watchdog.pid, signal);
    expect((await findMarked(run.runId)).map(({ pid }) => pid).sort()).toEqual(
      doomed.servers.map(({ pid }) => pid).sort(),
    );
    expect(
      readFileSync(`/proc/${doomed.watchdog.pid}/environ`, 'utf8').split('\0').filter(Boolean).sort(),
    ).toEqual([`PATH=${process.env.PATH}`, `STORMGLASS_WATCHDOG=${run.runId}`]);
    doomed.child.kill('SIGTERM');

    await expectNothingLeft(run, doomed);
  });

  it('leaves everything as it is while the run lives, even when the run stands still', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    const self = identify(doomed.child.pid as number) as ProcessIdentity;
    doomed.child.kill('SIGSTOP');
    expect(await within(() => isStopped(self))).toBe(true);

    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'alive' }],
    });
    expect(doomed.servers.map(isAlive)).toEqual([true, true]);
    expect(isAlive(doomed.watchdog)).toBe(true);
    doomed.child.kill('SIGKILL');
    await expectNothingLeft(run, doomed);
  });

  it('goes when it is released, and touches nothing', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    doomed.child.stdin?.write('release\n');

    expect(await doomed.says()).toEqual({ done: 'release' });
    expect(isAlive(doomed.watchdog)).toBe(false);
    expect(doomed.servers.map(isAlive)).toEqual([true, true]);
    expect(existsSync(join(run.root, 'journal.ndjson'))).toBe(false);
    expect(existsSync(join(run.root, 'watchdog.log'))).toBe(false);
  });

  it('is missed by the run when it dies; what it would have done is left to recover', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    process.kill(doomed.watchdog.pid, 'SIGKILL');
    expect(await doomed.says()).toEqual({ watchdogDied: 'the watchdog has died: it was ended by SIGKILL' });
    const exited = once(doomed.child, 'exit');
    doomed.child.kill('SIGKILL');
    await exited;

    expect(await recover({ stateDir: run.stateDir })).toMatchObject({
      clean: true,
      runs: [{ state: 'undone' }],
    });
    await expectNothingLeft(run, doomed);
  });

  it('shares the work with a recover that comes at the same time', async () => {
    await using run = new TestRun();
    const doomed = await startDoomedRun(run);
    const exited = once(doomed.child, 'exit');
    doomed.child.kill('SIGKILL');
    await exited;

    expect(await recover({ stateDir: run.stateDir })).toMatchObject({ clean: true });
    await expectNothingLeft(run, doomed);
  });
});

describe('a watchdog that does not start', () => {
  const start = (run: TestRun, entry: URL, executable = process.execPath) =>
    startWatchdog({
      entry,
      executable,
      stateDir: run.stateDir,
      runId: run.runId,
      env: {},
      logFile: join(run.root, 'watchdog.log'),
    });

  it('keeps the run from beginning: no program', async () => {
    await using run = new TestRun();
    const error = await start(run, new URL('file:///nowhere.js'), '/nowhere/node').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toContain('/nowhere/node');
  });

  it('keeps the run from beginning: a program that ends at once, with what it said', async () => {
    await using run = new TestRun();
    const entry = join(run.root, 'broken.mjs');
    writeFileSync(entry, 'console.error("no such luck"); process.exit(4)');
    const error = await start(run, pathToFileURL(entry)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toBe('the watchdog does not start: it ended with code 4\nno such luck');
  });

  it('keeps the run from beginning: a run that is not registered', async () => {
    await using run = new TestRun();
    const error = await start(run, new URL(compiled.url('cli/entries/watchdog.js'))).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(PreflightError);
    expect(error.message).toContain(`there is no run ${run.runId}`);
  });
});
