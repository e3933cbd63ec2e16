import type { RunResult } from '../contracts/run-result.js';

/** The command that runs the same schedule with the same targets again; for a POSIX shell. */
export function rerunCommand({ scenarioFile, plan, overrides, replay }: RunResult): string {
  const again = replay === undefined ? '' : ` --replay ${shellWord(replay.dir)}`;
  if (replay?.own) return `npx stormglass run${again}`;
  const sets = overrides.map((assignment) => ` --set ${shellWord(assignment)}`).join('');
  return `npx stormglass run ${shellWord(scenarioFile)} --seed ${plan.seed}${sets}${again}`;
}

/** A text as one word of a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
