import type { RunResult } from '../contracts/run-result.js';

/** The command that runs the same schedule with the same targets again; for a POSIX shell. */
export function rerunCommand({ scenarioFile, plan, overrides }: RunResult): string {
  const sets = overrides.map((assignment) => ` --set ${shellWord(assignment)}`).join('');
  return `npx stormglass run ${shellWord(scenarioFile)} --seed ${plan.seed}${sets}`;
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
