import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { identify, isAlive } from '../../src/processes/identity.js';

const sleeper = (seconds = 60) => spawn(process.execPath, ['-e', `setTimeout(() => {}, ${seconds * 1000})`]);

test('a process is known by its pid and its start', async () => {
  const child = sleeper();
  try {
    const identity = identify(child.pid!)!;
    expect(identity.pid).toBe(child.pid);
    expect(identity.startedAt).toMatch(/^\S+$/);
    expect(identify(child.pid!)).toEqual(identity);
    expect(isAlive(identity)).toBe(true);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('another process that was given the pid since is not taken for ours', () => {
  const self = identify(process.pid)!;
  expect(isAlive(self)).toBe(true);
  const [ticks, ...boot] = self.startedAt.split('-');
  expect(isAlive({ pid: self.pid, startedAt: [Number(ticks) - 1, ...boot].join('-') })).toBe(false);
});

test.skipIf(process.platform !== 'linux')('nor is one of before the machine was restarted', () => {
  const self = identify(process.pid)!;
  const [ticks] = self.startedAt.split('-');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
  expect(self.startedAt).toBe(`${ticks}-${bootId.slice(0, 8)}`);
  expect(isAlive({ pid: self.pid, startedAt: `${ticks}-00000000` })).toBe(false);
});

test('an ended process has no identity, and is not alive', async () => {
  const child = sleeper();
  const identity = identify(child.pid!)!;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
  expect(identify(child.pid!)).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')('a zombie is not alive, though its entry is there', async () => {
  // The shell becomes a sleep that knows nothing of its child, so nobody reaps the child.
  const parent = spawn('/bin/sh', ['-c', '/bin/sleep 0.01 & echo $!; exec /bin/sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const identity = identify(pid)!;
    expect(await waitFor(() => !isAlive(identity), { timeoutMs: 30_000, everyMs: 5 })).toBe(true);
    expect(identify(pid)).toEqual(identity);
  } finally {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  }
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 31 - 1])('pid %d is nobody', (pid) => {
  expect(identify(pid)).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')(
  'a command with parentheses and spaces in its name does not shift the fields',
  async () => {
    const child = spawn(
      '/bin/sh',
      ['-c', 'printf "a) S 1 (b" > /proc/$$/comm; echo; exec 0<&-; while :; do /bin/sleep 0.05; done'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      await once(child.stdout, 'data');
      const identity = identify(child.pid!)!;
      const ticksOf = ({ startedAt }: { startedAt: string }) => Number(startedAt.split('-')[0]);
      expect(ticksOf(identity)).toBeGreaterThanOrEqual(ticksOf(identify(process.pid)!));
      expect(isAlive(identity)).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  },
);
