import { execFile } from 'node:child_process';
import type { CommandEnd } from './define-fault.js';

const MOST_OUTPUT_BYTES = 16 << 20;

/** Runs a program to its end, whatever its exit code. Rejects when it cannot be started or was ended by a signal. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly timeoutMs: number },
): Promise<CommandEnd> {
  const { cwd, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL' as const, maxBuffer: MOST_OUTPUT_BYTES };
    const child = execFile(program, args, { cwd, ...limits }, (error, stdout, stderr) => {
      const { exitCode: code } = child;
      if (error?.killed) reject(new Error(`${program} did not end within ${timeoutMs} ms`));
      else if (code === null || code < 0) reject(error ?? new Error(`${program} was ended by a signal`));
      else resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}
