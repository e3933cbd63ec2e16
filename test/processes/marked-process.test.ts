import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshId } from '../../src/base/ids.js';
import { endProcess } from '../../src/processes/end-process.js';
import { isAlive } from '../../src/processes/identity.js';
import { startMarkedProcess } from '../../src/processes/marked-process.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { temporaryDirectory } from './temporary-directory.js';

test('a started process carries the mark alone, logs to its file, and its end is seen', async () => {
  await using directory = await temporaryDirectory();
  const mark = freshId();
  const logFile = join(directory.path, 'logs', 'one.log');
  const options = { command: '/bin/sh', args: ['-c', 'env; echo oops >&2; exit 3'], mark, logFile };
  const first = await startMarkedProcess(options);
  expect(await first.ended).toEqual({ code: 3, signal: null });
  expect(isAlive(first.identity)).toBe(false);
  await (await startMarkedProcess({ ...options, args: ['-c', 'echo again'] })).ended;
  const log = await readFile(logFile, 'utf8');
  // What a shell adds of itself is not ours.
  expect(log.replace(/^(PWD|SHLVL|_|OLDPWD)=.*\n/gm, '')).toBe(`STORMGLASS_RUN=${mark}\noops\nagain\n`);
});

test('a started process is out of reach of the Ctrl-C on our terminal, and is found by its mark', async () => {
  await using directory = await temporaryDirectory();
  const mark = freshId();
  const { identity, ended } = await startMarkedProcess({
    command: '/bin/sleep',
    args: ['60'],
    mark,
    logFile: join(directory.path, 'log'),
  });
  try {
    // Group leader of its own group: signalling the group reaches it, so it is not in ours.
    process.kill(-identity.pid, 0);
    expect(await findMarked(mark)).toEqual([identity]);
  } finally {
    await endProcess(identity, { graceMs: 0 });
  }
  expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a program that cannot be started is a preflight error that says why', async () => {
  await using directory = await temporaryDirectory();
  const start = (command: string) =>
    startMarkedProcess({ command, args: [], mark: 'm', logFile: join(directory.path, 'log') });
  const plain = join(directory.path, 'plain');
  await writeFile(plain, 'not a program');
  await expect(start(join(directory.path, 'none'))).rejects.toThrow(
    /none cannot be started: there is no such file/,
  );
  await expect(start(plain)).rejects.toThrow(/plain cannot be started: it is not a program that we may run/);
});
