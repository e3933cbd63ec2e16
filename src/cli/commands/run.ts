import { Command } from 'commander';
import { createTerminalReporter, dryRun, runScenario, summaryOf } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import { maskSecrets } from '../../base/secret.js';
import type { CliContext } from '../context.js';
import { collect, parseAssignment, parseSeed } from '../options.js';
import { surroundingsOf, terminalManners } from '../surroundings.js';

interface RunOptions {
  readonly out: string;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly allow?: readonly string[];
  readonly natsServer?: string;
  readonly replay?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `stormglass run [scenario.yaml] [--replay RUN]`: from a scenario, or a run that was, to a verdict. */
export function runCommand(context: CliContext): Command {
  return new Command('run')
    .description('run a scenario: load, faults, checks, one verdict')
    .argument('[scenario]', 'the scenario, a YAML file; not needed with --replay')
    .option('--out <dir>', 'where the run leaves its own folder', 'reports')
    .option('--seed <number>', 'the seed of everything drawn by chance, instead of the scenario’s', parseSeed)
    .option(
      '--set <path=value>',
      'override a value of the scenario, such as load.orders.rate=1k/s',
      parseAssignment,
    )
    .option('--allow <host:port>', 'consent to load this server, which stormglass did not start', collect)
    .option('--nats-server <path>', 'the nats-server to run (or STORMGLASS_NATS_SERVER)')
    .option('--replay <run>', 'make the faults of a run again, at the times of its journal: its folder')
    .option('--dry-run', 'print the resolved plan and the timeline; start nothing')
    .option('--json', 'print the summary, and nothing else, on stdout')
    .action(async (file: string | undefined, options: RunOptions) => {
      const request = {
        ...(file !== undefined && { file }),
        ...(options.replay !== undefined && { replay: options.replay }),
        ...(options.seed !== undefined && { seed: options.seed }),
        sets: options.set ?? [],
        env: context.env,
        allow: options.allow ?? [],
      };
      if (options.dryRun) {
        const { plan, timeline, notes } = dryRun(request);
        for (const note of notes) context.stderr.write(`${note}\n`);
        const text = JSON.stringify(plan, maskSecrets, 2);
        context.stdout.write(options.json ? `${text}\n` : `${timeline}\n\n${text}\n`);
        return;
      }
      const terminal = createTerminalReporter({
        stream: context.stderr,
        ...terminalManners(context.env, context.stderr),
      });
      try {
        const { result } = await runScenario({
          ...request,
          reportsDir: options.out,
          interruption: context.interruption,
          surroundings: surroundingsOf(context.env, options.natsServer),
          live: terminal,
          progress: terminal.print,
        });
        if (options.json) context.stdout.write(`${JSON.stringify(summaryOf(result), undefined, 2)}\n`);
        context.end(EXIT[result.verdict.exit]);
      } finally {
        // A run that ended before its result has not ended the live view either.
        terminal.stop();
      }
    });
}
