import { Command } from 'commander';
import { planScenario } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import type { CliContext } from '../context.js';
import { parseAssignment, parseSeed } from '../options.js';
import { printError } from '../print-error.js';

interface ValidateOptions {
  readonly seed?: number;
  readonly set?: readonly string[];
}

/** `stormglass validate <file>…`: every error at once; starts nothing. */
export function validateCommand(context: CliContext): Command {
  return new Command('validate')
    .description('check scenarios: every error at once, with line and column; starts nothing')
    .argument('<files...>', 'scenarios, YAML files')
    .option('--seed <number>', 'the seed to resolve targets with', parseSeed)
    .option('--set <path=value>', 'override a value, such as load.orders.rate=1k/s', parseAssignment)
    .action((files: readonly string[], options: ValidateOptions) => {
      for (const file of files) {
        try {
          const plan = planScenario({
            file,
            sets: options.set ?? [],
            env: context.env,
            ...(options.seed !== undefined && { seed: options.seed }),
          });
          const { loads, faults, checks, thresholds } = plan;
          const parts = [
            [loads.length, 'load'],
            [faults.length, 'fault'],
            [checks.length, 'check'],
            [thresholds.length, 'threshold'],
          ] as const;
          const counted = parts
            .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
            .join(', ');
          context.stdout.write(`${file}: valid (${plan.name}: ${counted})\n`);
        } catch (error) {
          context.end(
            printError(error, (text) => context.stderr.write(text)) === EXIT.usage
              ? EXIT.usage
              : EXIT.unexpected,
          );
        }
      }
    });
}
