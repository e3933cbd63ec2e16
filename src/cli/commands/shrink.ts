import { Command, InvalidArgumentError } from 'commander';
import { shrinkRun } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import { parseDuration, parsePercentage } from '../../base/units.js';
import type { CliContext } from '../context.js';
import { collect } from '../options.js';
import { surroundingsOf } from '../surroundings.js';

interface ShrinkOptions {
  readonly out?: string;
  readonly repeat?: number;
  readonly share: number;
  readonly runs: number;
  readonly for?: number;
  readonly allow?: readonly string[];
  readonly natsServer?: string;
  readonly anew?: boolean;
  readonly json?: boolean;
}

/** `stormglass shrink <run>`: the smallest scenario that fails as a run did. */
export function shrinkCommand(context: CliContext): Command {
  return new Command('shrink')
    .description(
      'repeat a failing run with fewer and shorter faults and less load: the smallest that still fails',
    )
    .argument('<run>', 'the folder of a run that failed, such as reports/latest')
    .option('--out <file>', 'where the scenario is written (default: shrunk.yaml in the folder of the run)')
    .option('--repeat <n>', 'runs of one case at the most (default: as many as the share takes)', parseRuns)
    .option(
      '--share <percent>',
      'of the probability with which the run fails, how much a smaller one must keep',
      parseShare,
      0.5,
    )
    .option('--runs <n>', 'runs in all, at the most', parseRuns, 100)
    .option('--for <duration>', 'time in all, at the most, such as 30m', parseTime)
    .option('--allow <host:port>', 'consent to load this server, which stormglass did not start', collect)
    .option('--nats-server <path>', 'the nats-server to run (or STORMGLASS_NATS_SERVER)')
    .option('--anew', 'begin anew, instead of going on where a shrink of this run has ended')
    .option('--json', 'print what came of it, and nothing else, on stdout')
    .action(async (dir: string, options: ShrinkOptions) => {
      const { out, repeat, share, runs, for: forNs, allow = [], natsServer, anew = false, json } = options;
      const { exit, ...outcome } = await shrinkRun({
        dir,
        share,
        mostRuns: runs,
        allow,
        anew,
        ...(out !== undefined && { out }),
        ...(repeat !== undefined && { repeat }),
        ...(forNs !== undefined && { forNs }),
        surroundings: surroundingsOf(context.env, natsServer),
        interruption: context.interruption,
        progress: (line) => context.stderr.write(`${line}\n`),
      });
      context.stderr.write(`${outcome.headline}\n`);
      if (json)
        context.stdout.write(`${JSON.stringify({ exit, exitCode: EXIT[exit], ...outcome }, undefined, 2)}\n`);
      context.end(EXIT[exit]);
    });
}

function parseRuns(text: string): number {
  const runs = Number(text);
  if (!/^\d+$/.test(text) || runs < 1 || runs > 100_000) {
    throw new InvalidArgumentError('expected a whole number from 1 to 100000.');
  }
  return runs;
}

function parseShare(text: string): number {
  const share = parsePercentage(text);
  if (share === undefined || share <= 0 || share >= 1) {
    throw new InvalidArgumentError('expected a percentage above 0% and below 100%, such as 50%.');
  }
  return share;
}

function parseTime(text: string): number {
  const ns = parseDuration(text);
  if (ns === undefined || ns <= 0) {
    throw new InvalidArgumentError('expected a duration with its unit, such as 30m or 1h30m.');
  }
  return ns;
}
