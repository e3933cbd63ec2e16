#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { Interruption, VERSION } from '../app/index.js';
import { codeOf, EXIT, type ExitCode, StormglassError } from '../base/errors.js';
import { auditCommand } from './commands/audit.js';
import { healCommand } from './commands/heal.js';
import { injectCommand } from './commands/inject.js';
import { monitorCommand } from './commands/monitor.js';
import { recoverCommand } from './commands/recover.js';
import { runCommand } from './commands/run.js';
import { schemaCommand } from './commands/schema.js';
import { shrinkCommand } from './commands/shrink.js';
import { statusCommand } from './commands/status.js';
import { toolsCommand } from './commands/tools.js';
import { validateCommand } from './commands/validate.js';
import { type CliContext, listenForInterrupts } from './context.js';
import { printError } from './print-error.js';

/** After the work is done, what still keeps the process alive is given this long. */
const LINGER_MS = 2_000;

const EXIT_HELP = `
Exit codes:
  0 all held             4 threshold missed       7 inconclusive
  1 unexpected error     5 safety violated        8 a fault could not be reverted
  2 usage or scenario    6 expectation missed     130, 143 interrupted
  3 preflight failed`;

async function main(): Promise<void> {
  let code: ExitCode = EXIT.ok;
  const context: CliContext = {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    interruption: new Interruption(),
    end: (ended) => {
      code = ended;
    },
  };
  // A reader that has gone (`| head`) is no reason to stop healing; an answer that could not be written is no success.
  process.stdout.on('error', (error) => {
    if (codeOf(error) === 'EPIPE') return;
    process.exitCode = printError(
      new StormglassError('unexpected', `cannot write to stdout: ${error.message}`),
      (text) => context.stderr.write(text),
    );
  });
  process.stderr.on('error', () => {});
  listenForInterrupts(context.interruption);

  const program = new Command('stormglass')
    .description(
      'Load testing and chaos engineering for NATS event systems: one verdict, one report, one exit code',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_HELP)
    .exitOverride();
  for (const build of [
    runCommand,
    validateCommand,
    monitorCommand,
    recoverCommand,
    injectCommand,
    healCommand,
    statusCommand,
    auditCommand,
    shrinkCommand,
    toolsCommand,
    schemaCommand,
  ]) {
    program.addCommand(build(context).exitOverride());
  }
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) {
    command.exitOverride().showHelpAfterError('(run with --help for the options)').showSuggestionAfterError();
  }
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    code =
      error instanceof CommanderError
        ? usageExit(error)
        : printError(error, (text) => context.stderr.write(text));
  }
  process.exitCode ??= code;
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** commander has printed its message, or the help that was asked for. */
const usageExit = (error: CommanderError): ExitCode => (error.exitCode === 0 ? EXIT.ok : EXIT.usage);

await main();
