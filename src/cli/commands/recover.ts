import { Command } from 'commander';
import { recover } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import type { CliContext } from '../context.js';
import { surroundingsOf } from '../surroundings.js';

/** `stormglass recover`: undo whatever a run that died has left behind. Safe at any time, and twice. */
export function recoverCommand(context: CliContext): Command {
  return new Command('recover')
    .description('undo whatever a run that died has left behind; safe at any time, and twice')
    .option('--json', 'print what was found and done as JSON on stdout')
    .action(async (options: { readonly json?: boolean }) => {
      const report = await recover(surroundingsOf(context.env));
      if (options.json) context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
      const say = (line: string) => context.stderr.write(`${line}\n`);
      if (report.runs.length === 0 && report.unreadable.length === 0) say('nothing to recover');
      for (const { entry, state, detail, undone, left, problems } of report.runs) {
        say(`run ${entry.runId} (${entry.scenario}, ${entry.startedAt}): ${state}: ${detail}`);
        for (const outcome of undone) say(`  undone: ${outcome.record.what}: ${outcome.detail}`);
        for (const outcome of left) {
          say(`  LEFT: ${outcome.record.what}: ${outcome.detail}`);
          say(`    → by hand: ${outcome.record.manual}`);
        }
        for (const problem of problems) say(`  problem: ${problem}`);
      }
      for (const { file, why } of report.unreadable) say(`cannot read ${file}: ${why}`);
      context.end(report.clean ? EXIT.ok : EXIT.unreverted);
    });
}
