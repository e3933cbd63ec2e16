import { execFile } from 'node:child_process';
import { z } from 'zod';
import type { ProbeKind, ProbeLook } from '../contracts/probe.js';

const commandSchema = z.strictObject({
  run: z
    .array(z.string(), { error: 'expected a program and its arguments, such as [curl, -f, http://…]' })
    .min(1, { error: 'expected a program' })
    .describe('The program and its arguments; no shell'),
  exit: z
    .int({ error: 'expected an exit code, such as 0' })
    .min(0)
    .max(255)
    .default(0)
    .describe('The exit code that is expected'),
  contains: z.string().min(1).optional().describe('What it must print'),
});

/** What a command says is told to this length, from its end. */
const MOST_SAID = 200;
const MOST_OUTPUT_BYTES = 1 << 20;

/** A command of the user's ends as it should. It is killed when its time is up. */
export const command = {
  kind: 'command',
  summary: 'a command ends with the exit code, and prints the text, that are expected',
  schema: commandSchema,
  create(params) {
    const { run, exit, contains } = commandSchema.parse(params);
    const [program = '', ...args] = run;
    return {
      look: ({ timeoutMs }) =>
        new Promise<ProbeLook>((resolve) => {
          const options = {
            timeout: timeoutMs,
            killSignal: 'SIGKILL' as const,
            maxBuffer: MOST_OUTPUT_BYTES,
          };
          const child = execFile(program, args, options, (error, stdout, stderr) => {
            if (error?.killed) return resolve({ holds: false, saw: `it did not end within ${timeoutMs} ms` });
            const { exitCode: code } = child;
            // Below zero: it was not even started.
            if (code === null || code < 0)
              return resolve({ holds: false, saw: error?.message ?? 'it was killed' });
            const said = (stderr.trim() || stdout.trim()).slice(-MOST_SAID);
            const saw = `exit code ${code}${said === '' ? '' : `: ${said}`}`;
            if (code !== exit) return resolve({ holds: false, saw: `${saw}, not ${exit}` });
            if (contains !== undefined && !stdout.includes(contains)) {
              return resolve({ holds: false, saw: `${saw}, without ${JSON.stringify(contains)}` });
            }
            resolve({ holds: true, saw });
          });
          child.stdin?.end();
        }),
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };
