import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deadline } from '../base/deadline.js';
import { codeOf } from '../base/errors.js';
import { freshId } from '../base/ids.js';

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  /** All of the environment that it gets; ours unless told. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommandEnd {
  readonly code: number;
  /** What it said on both of its outputs, trimmed and cut to its end. */
  readonly said: string;
}

const MOST_SAID = 500;

/**
 * Runs a program with its arguments, without a shell, until it ends; whatever it leaves running does not hold us up.
 * Throws when it cannot be started, or is ended by a signal or, with all of its process group, for taking longer than it
 * may; any exit code is a result.
 */
export async function runCommand(
  command: readonly string[],
  { cwd, timeoutMs, env }: CommandOptions,
): Promise<CommandEnd> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('there is no command');
  const out = openNameless();
  let deadline: Deadline | undefined;
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn(program, args, {
        cwd,
        detached: true,
        stdio: ['ignore', out, out],
        ...(env && { env }),
      });
      child.once('error', (error) => reject(new Error(`${program}: ${error.message}`, { cause: error })));
      deadline = new Deadline(timeoutMs, () => {
        reject(new Error(`${program} was ended after ${timeoutMs} ms`));
        if (child.pid !== undefined) killGroup(child.pid);
      });
      child.once('exit', (exitCode, signal) => {
        if (exitCode === null) reject(new Error(`${program} was ended by ${signal}`));
        else resolve(exitCode);
      });
    });
    return { code, said: tailOf(out) };
  } finally {
    deadline?.clear();
    closeSync(out);
  }
}

/** It may end in the very moment in which it is given up. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** A file, not a pipe: a server that the command starts may go on writing to it, and must not die of that. */
function openNameless(): number {
  const path = join(tmpdir(), `stormglass-command-${freshId()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function tailOf(file: number): string {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(size, MOST_SAID));
  readSync(file, bytes, 0, bytes.length, size - bytes.length);
  return bytes.toString('utf8').trim();
}
