import type { RunResult } from '../contracts/run-result.js';

/** The command that runs the same schedule with the same targets again; for a POSIX shell. */
export function rerunCommand({ scenarioFile, plan }: RunResult): string {
  return `npx stormglass run ${shellWord(scenarioFile)} --seed ${plan.seed}`;
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
