import { Command } from 'commander';
import { askRun, findRunning, userOf } from '../../app/index.js';
import { EXIT, StormglassError, UsageError } from '../../base/errors.js';
import type { HandAnswer } from '../../contracts/hand.js';
import type { CliContext } from '../context.js';
import { eventLines, resultLine } from '../hand-lines.js';
import { surroundingsOf } from '../surroundings.js';

interface HealOptions {
  readonly all?: boolean;
  readonly run: string;
  readonly json?: boolean;
}

/** `stormglass heal [fault]`: ends faults of a run that goes on before their time, planned ones too. */
export function healCommand(context: CliContext): Command {
  return new Command('heal')
    .description('end a fault of a run that goes on before its time, a planned one too')
    .argument('[fault]', 'the fault, such as hand-1 or fault-2: see `stormglass status`')
    .option('--all', 'every fault that holds')
    .option('--run <id>', 'the run, by its id', 'latest')
    .option('--json', 'print what happened as JSON lines on stdout')
    .action(async (fault: string | undefined, options: HealOptions) => {
      if ((fault === undefined) !== (options.all === true)) {
        throw new UsageError('name one fault, or say --all', {
          hint: '`stormglass status` lists those that hold',
        });
      }
      const run = findRunning(surroundingsOf(context.env), options.run);
      const request = { do: 'heal' as const, who: userOf(), ...(fault !== undefined && { fault }) };
      const say = (line: string) => context.stderr.write(`${line}\n`);
      const onAnswer = (answer: HandAnswer): boolean => {
        if (options.json) context.stdout.write(`${JSON.stringify(answer)}\n`);
        if (answer.say === 'event') for (const line of eventLines(answer.event)) say(line);
        if (answer.say === 'error')
          throw new StormglassError(
            answer.exit,
            answer.text,
            answer.hint === undefined ? {} : { hint: answer.hint },
          );
        if (answer.say !== 'results') return false;
        if (answer.results.length === 0) say('no fault holds');
        for (const result of answer.results) say(resultLine(result));
        // It is healed: whether it had an effect is the run's verdict, not this command's.
        const isLeft = answer.results.some(({ status }) => status === 'unreverted');
        context.end(isLeft ? EXIT.unreverted : EXIT.ok);
        return true;
      };
      await askRun(run, request, onAnswer, context.interruption.signal);
    });
}
