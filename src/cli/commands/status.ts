import { Command } from 'commander';
import { statusOfRuns } from '../../app/index.js';
import type { CliContext } from '../context.js';
import { statusLines } from '../hand-lines.js';
import { surroundingsOf } from '../surroundings.js';

/** `stormglass status`: the runs of this user that go on, the faults that hold in them, and the runs that died and are not undone. */
export function statusCommand(context: CliContext): Command {
  return new Command('status')
    .description(
      'list the runs of yours that go on, with their phase and the faults that hold, and those that died and are not undone',
    )
    .option('--json', 'print them as JSON on stdout')
    .action(async (options: { readonly json?: boolean }) => {
      const runs = await statusOfRuns(surroundingsOf(context.env));
      if (options.json) {
        context.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
        return;
      }
      const lines = runs.flatMap((run) => {
        if ('status' in run) return statusLines(run.status);
        const why = run.died ? run.problem : `does not answer: ${run.problem}`;
        return [`run ${run.entry.runId} (${run.entry.scenario}): ${why}`];
      });
      context.stdout.write(`${lines.length === 0 ? 'no run goes on' : lines.join('\n')}\n`);
    });
}
