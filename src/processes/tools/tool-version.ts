import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf } from '../../base/errors.js';
import type { ToolName } from './tool-spec.js';

/** What the program says of itself; another program of that name, or at that path, says something else. */
const SAYS: Readonly<Record<ToolName, RegExp>> = {
  'nats-server': /^nats-server: v?(\d+\.\d+\.\d+\S*)/,
  nats: /^v?(\d+\.\d+\.\d+\S*)\s*$/,
  // One that was built without its release's settings calls itself `git`.
  toxiproxy: /^toxiproxy-server version v?(\d+\.\d+\.\d+\S*)/,
  jaeger: /"gitVersion":\s*"v?(\d+\.\d+\.\d+[^"\s]*)"/,
};

/** How it is asked. */
const ASKED: Readonly<Partial<Record<ToolName, readonly string[]>>> = { jaeger: ['version'] };

/** The version of the program at a path. Throws an error whose message says why it has none. */
export const askVersion = (name: ToolName, path: string): Promise<string> =>
  askVersionAs(name, path, SAYS[name], ASKED[name]);

/** The same of any program, by what it says on either of its outputs. */
export async function askVersionAs(
  name: string,
  path: string,
  says: RegExp,
  asked: readonly string[] = ['--version'],
): Promise<string> {
  let answer: string;
  try {
    const { stdout, stderr } = await promisify(execFile)(path, asked, { timeout: 10_000, env: {} });
    answer = stdout.trim() === '' ? stderr : stdout;
  } catch (error) {
    throw new Error(`${path} ${explain(error)}`, { cause: error });
  }
  const version = says.exec(answer)?.[1];
  if (version === undefined) throw new Error(`${path} does not say that it is ${name}`);
  return version;
}

function explain(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'is not there';
    case 'EACCES':
      return 'is not a program that we may run';
    default:
      return 'does not tell its version';
  }
}

/** Whether a version is the one that is wanted: `2.14.9` and any other of 2.14 are `2.14`, and only `2.14.9` is `2.14.9`. */
export function isVersion(version: string, wanted: string): boolean {
  return version === wanted || (/^\d+(\.\d+)?$/.test(wanted) && version.startsWith(`${wanted}.`));
}

/** Whether a version such as `2.12.1` or `2.14.0-RC.1` is at least another; what follows the three numbers is left out. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [numbersOf(version), numbersOf(minimum)];
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const numbersOf = (version: string): number[] => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
