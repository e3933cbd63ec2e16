import { Command } from 'commander';
import { askRun, findRunning, userOf } from '../../app/index.js';
import { EXIT, type ExitCode, StormglassError } from '../../base/errors.js';
import type { HandAnswer, HandResult } from '../../contracts/hand.js';
import type { CliContext } from '../context.js';
import { eventLines, resultLine } from '../hand-lines.js';
import { collectParams } from '../options.js';
import { surroundingsOf } from '../surroundings.js';

interface InjectOptions {
  readonly target?: string;
  readonly for?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly allowQuorumLoss?: boolean;
  readonly run: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

const OF_STATUS: Record<HandResult['status'], ExitCode> = {
  reverted: EXIT.ok,
  unreverted: EXIT.unreverted,
  'no-effect': EXIT.expectation,
  refused: EXIT.expectation,
  'not-run': EXIT.expectation,
  failed: EXIT.expectation,
};

/** `stormglass inject <kind>`: a fault by hand on the cluster of a run that goes on. */
export function injectCommand(context: CliContext): Command {
  return new Command('inject')
    .description(
      'make a fault by hand in a run that goes on: with its guards, its evidence and its audit trail',
    )
    .argument('<kind>', 'the kind of fault, such as node-kill')
    .option('--target <target>', 'whom it hits, as in a scenario: n2, one, stream-leader(ORDERS)')
    .option('--for <duration>', 'how long it holds; 10s unless told')
    .option(
      '--param <key=value>',
      'a parameter of the kind, as YAML; may be given several times',
      collectParams,
    )
    .option('--allow-quorum-loss', 'let it take the quorum of Raft groups')
    .option('--run <id>', 'the run, by its id', 'latest')
    .option('--wait', 'wait until it is healed, not only until it has taken hold')
    .option('--json', 'print what happened as JSON lines on stdout')
    .action(async (kind: string, options: InjectOptions) => {
      const run = findRunning(surroundingsOf(context.env), options.run);
      const request = {
        do: 'inject' as const,
        who: userOf(),
        kind,
        params: options.param ?? {},
        allowsQuorumLoss: options.allowQuorumLoss ?? false,
        ...(options.target !== undefined && { target: options.target }),
        ...(options.for !== undefined && { lasts: options.for }),
      };
      const say = (line: string) => context.stderr.write(`${line}\n`);
      const onAnswer = (answer: HandAnswer): boolean => {
        if (options.json) context.stdout.write(`${JSON.stringify(answer)}\n`);
        const end = hear(answer, options.wait ?? false, say);
        if (end !== undefined) context.end(end);
        return end !== undefined;
      };
      await askRun(run, request, onAnswer, context.interruption.signal);
    });
}

/** Says what was heard; the exit code once enough was. @throws StormglassError that the run answered with */
function hear(answer: HandAnswer, waits: boolean, say: (line: string) => void): ExitCode | undefined {
  switch (answer.say) {
    case 'event': {
      const { event } = answer;
      for (const line of eventLines(event)) say(line);
      if (event.type !== 'fault-observed' || event.stage !== 'during') return undefined;
      if (event.holds !== true) say(`${event.fault}: it had no effect`);
      if (waits) return undefined;
      if (event.holds === true)
        say(`${event.fault}: it holds; \`stormglass heal ${event.fault}\` ends it early`);
      return event.holds === true ? EXIT.ok : EXIT.expectation;
    }
    case 'results': {
      for (const result of answer.results) say(resultLine(result));
      return worstOf(answer.results);
    }
    case 'error':
      throw new StormglassError(
        answer.exit,
        answer.text,
        answer.hint === undefined ? {} : { hint: answer.hint },
      );
    default:
      return undefined;
  }
}

/** The exit code that a fault's end stands for. */
export function worstOf(results: readonly HandResult[]): ExitCode {
  const codes = results.map(({ status }) => OF_STATUS[status]);
  return codes.find((code) => code === EXIT.unreverted) ?? codes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
}
