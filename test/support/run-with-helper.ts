import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { HelperOptions } from '../../src/contracts/machine.js';
import type { PressureProgram } from './pressure-program.js';

export interface RunWithHelper extends AsyncDisposable {
  readonly process: ChildProcess;
}

/**
 * A process of its own that starts a helper process, as a run does for a fault, and then waits to be killed. Resolves
 * when the helper is at work.
 */
export async function runWithHelper(
  program: PressureProgram,
  helper: Pick<HelperOptions, 'runId' | 'tag' | 'task'>,
): Promise<RunWithHelper> {
  const file = fileURLToPath(program.url(`run-with${helper.tag}.js`));
  await writeFile(
    file,
    `import { startHelper } from './processes/helper-process.js';
     await startHelper(
       { entry: new URL('./cli/entries/pressure.js', import.meta.url), env: {} },
       { ...${JSON.stringify(helper)}, maxMs: 600_000, signal: new AbortController().signal },
     );
     console.log('at work');
     setInterval(() => {}, 1000);`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  const ended = once(child, 'exit');
  const isAtWork = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isAtWork) throw new Error('it ended before its helper was at work');
  return {
    process: child,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
