import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { freshId } from '../../src/base/ids.js';
import { endMarked, endProcess, sendSignal } from '../../src/processes/end-process.js';
import { identify, isAlive } from '../../src/processes/identity.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { compileSources } from './compiled-sources.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that says `up` when it runs its script, and then does nothing. */
async function run(script: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => {}, 1000); console.log('up')`], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  await once(child.stdout!, 'data');
  return { child, identity: identify(child.pid!)! };
}

const STUBBORN = "process.on('SIGTERM', () => {})";

test('a process leaves when it is asked to', async () => {
  const { child, identity } = await run('');
  expect(await endProcess(identity)).toBe('terminated');
  expect(isAlive(identity)).toBe(false);
  expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGTERM');
});

test('a process that does not listen is killed after its grace', async () => {
  const { identity } = await run(STUBBORN);
  expect(await endProcess(identity, { graceMs: 50 })).toBe('killed');
  expect(isAlive(identity)).toBe(false);
});

test('a stopped process gets its chance to leave in order', async () => {
  const { identity } = await run('');
  sendSignal(identity, 'SIGSTOP');
  expect(await endProcess(identity)).toBe('terminated');
});

test('without a grace it is killed, stopped or not', async () => {
  const { identity } = await run('');
  sendSignal(identity, 'SIGSTOP');
  expect(await endProcess(identity, { graceMs: 0 })).toBe('killed');
});

test('a process that was given the pid of ours is left alone', async () => {
  const { child, identity } = await run('');
  const former = { pid: identity.pid, startedAt: '1' };
  expect(await endProcess(former, { graceMs: 0 })).toBe('gone');
  expect(sendSignal(former, 'SIGKILL')).toBe(false);
  expect(child.exitCode).toBeNull();
  expect(isAlive(identity)).toBe(true);
});

test('the marked processes are found, and ended, and no others', async () => {
  const mark = freshId();
  const [ours, stubborn, watchdog, longer, other] = await Promise.all([
    run('', { STORMGLASS_RUN: mark }),
    run(STUBBORN, { STORMGLASS_RUN: mark }),
    run('', { STORMGLASS_RUN: mark, STORMGLASS_WATCHDOG: mark }),
    run('', { STORMGLASS_RUN: `${mark}0` }),
    run('', { NOT_STORMGLASS_RUN: mark, OTHER: `STORMGLASS_RUN=${mark}` }),
  ]);
  const pids = (await findMarked(mark)).map(({ pid }) => pid);
  expect(new Set(pids)).toEqual(new Set([ours.identity.pid, stubborn.identity.pid]));
  expect(await endMarked(mark, { graceMs: 100 })).toBe(2);
  expect([ours, stubborn].map(({ identity }) => isAlive(identity))).toEqual([false, false]);
  expect([watchdog, longer, other].map(({ identity }) => isAlive(identity))).toEqual([true, true, true]);
  expect(await endMarked(mark)).toBe(0);
});

test('the caller itself is never found, though it carries the mark', async () => {
  await using compiled = await compileSources('processes/run-mark.ts');
  const mark = freshId();
  const other = await run('', { STORMGLASS_RUN: mark });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { findMarked } = await import(${JSON.stringify(compiled.url('processes/run-mark.js'))});
       console.log(JSON.stringify(await findMarked('${mark}')))`,
    ],
    { env: { STORMGLASS_RUN: mark } },
  );
  expect(JSON.parse(stdout)).toEqual([other.identity]);
});

test('an empty mark is refused', async () => {
  await expect(findMarked('')).rejects.toThrow(RangeError);
});
