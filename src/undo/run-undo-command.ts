import { waitFor } from '../base/wait.js';
import type { RunCommand } from '../contracts/undo.js';
import { runCommand } from '../processes/run-command.js';

const LOOK_EVERY_MS = 250;

/**
 * Runs the command that undoes something of the user's, unless it is as it should be already. Returns what it said;
 * throws when it does not end with 0, or when what it should do does not show in its time.
 */
export async function runUndoCommand(record: RunCommand): Promise<string> {
  const { command, cwd, env, timeoutMs, check } = record;
  const options = { cwd, timeoutMs, ...(env && { env }) };
  const isDone = async (): Promise<boolean> => {
    if (check === undefined) return false;
    return check.codes.includes((await runCommand(check.command, options)).code);
  };
  if (await isDone()) return 'it was so already';
  const { code, said } = await runCommand(command, options);
  if (code !== 0) throw new Error(said || `it ended with code ${code}`);
  if (check !== undefined && !(await waitFor(isDone, { timeoutMs, everyMs: LOOK_EVERY_MS }))) {
    throw new Error(
      `${command.join(' ')} did, but ${check.command.join(' ')} does not say that it is undone`,
    );
  }
  return said || 'done';
}
