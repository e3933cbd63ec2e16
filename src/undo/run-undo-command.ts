import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../base/errors.js';
import type { RunCommand } from '../contracts/undo.js';

/** What a command says is kept to this length, from its end. */
const MOST_SAID = 500;

/** Runs the command that undoes something of the user's. Returns what it said; throws when it does not end with 0. */
export async function runUndoCommand({ command, cwd, timeoutMs }: RunCommand): Promise<string> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('there is no command');
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    return stdout.trim().slice(-MOST_SAID) || 'done';
  } catch (error) {
    const { stderr, killed } = error as { readonly stderr?: string; readonly killed?: boolean };
    const said = stderr?.trim().slice(-MOST_SAID);
    throw new Error(killed ? `ended after ${timeoutMs} ms` : said || messageOf(error), { cause: error });
  }
}
