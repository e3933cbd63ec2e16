import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { NS, nowNs } from '../../base/clock.js';
import { type ExitName, messageOf, UsageError } from '../../base/errors.js';
import { formatDuration, formatRatio } from '../../base/units.js';
import { describeCase, keyOf, type ShrinkCase } from '../../campaigns/shrink/case.js';
import { describeFailure } from '../../campaigns/shrink/failure-class.js';
import { type ShrinkResult, shrink } from '../../campaigns/shrink/shrink.js';
import type { Plan } from '../../contracts/plan.js';
import type { Interruption } from '../../engine/interruption.js';
import { writeWhole } from '../../engine/run-directory.js';
import { ScenarioError } from '../../scenario/problem.js';
import { editScenario } from '../../scenario/write/edit-scenario.js';
import { planText } from '../plan-scenario.js';
import { SCENARIO_PLUGINS } from '../plugins.js';
import { readRecordedRun } from '../recorded-run.js';
import type { Surroundings } from '../surroundings.js';
import { originalCase } from './original-case.js';
import { originalFailure } from './original-run.js';
import { originalScenario, placeOf } from './original-scenario.js';
import { CaseRunner, ShrinkEnded } from './run-case.js';
import { countOf, shrinkHead } from './shrink-head.js';
import { ShrinkLog } from './shrink-log.js';

export interface ShrinkRunOptions {
  /** The folder of a run that failed. */
  readonly dir: string;
  /** Where the smallest scenario is written; `shrunk.yaml` in the run's folder unless told. */
  readonly out?: string;
  /** Of the probability with which the run fails, how much a smaller one must keep; above 0 and below 1. */
  readonly share: number;
  /** Runs of one case, at the most. */
  readonly repeat?: number;
  /** Runs in all, at the most. */
  readonly mostRuns: number;
  /** Time in all, at the most. */
  readonly forNs?: number;
  /** Begins anew where there is a log to go on with. */
  readonly anew: boolean;
  readonly allow: readonly string[];
  readonly surroundings: Surroundings;
  readonly interruption: Interruption;
  /** Told, a line at a time, how it goes. */
  readonly progress: (line: string) => void;
}

/** What came of it: for scripts, too. */
export interface ShrinkOutcome {
  readonly exit: ExitName;
  /** One line for people. */
  readonly headline: string;
  /** The scenario; absent when the failure could not be reproduced. */
  readonly file?: string;
  /** The folder of its last run that failed. */
  readonly runDir?: string;
  readonly original: { readonly fails: number; readonly runs: number };
  readonly smallest?: { readonly fails: number; readonly runs: number; readonly what: string };
  /** It was shown to fail often enough. */
  readonly confirmed: boolean;
  /** Nothing smaller of what could be tried fails. */
  readonly complete: boolean;
}

/**
 * Repeats a failing run with fewer and shorter faults and less load, and writes the smallest scenario that still fails.
 * @throws UsageError when there is no such run, or no failure; StormglassError when it cannot be run here at all
 */
export async function shrinkRun(options: ShrinkRunOptions): Promise<ShrinkOutcome> {
  const { share, repeat, mostRuns, forNs, surroundings, interruption, progress, allow } = options;
  const run = readRecordedRun(options.dir);
  // `reports/latest` is soon another one.
  const dir = realpathSync(options.dir);
  const failure = originalFailure(run);
  const file = options.out ?? join(dir, 'shrunk.yaml');
  const scenario = originalScenario(run, file, surroundings.env);
  const original = originalCase(run, scenario.plan);
  for (const note of [...(scenario.note ? [scenario.note] : []), ...original.notes]) progress(note);

  const textOf = (of: ShrinkCase, head: readonly string[] = []): string =>
    editScenario(scenario, changeOf(of, original.case), {
      plugins: SCENARIO_PLUGINS,
      place: placeOf(file),
      ...(scenario.paths && { paths: scenario.paths }),
      head,
    });
  const planOf = (of: ShrinkCase): Plan => planText(textOf(of), { file, sets: [], env: surroundings.env });
  // What cannot be planned at all is told before anything runs.
  planOf(original.case);

  const log = ShrinkLog.open(
    join(dir, 'shrink.ndjson'),
    {
      run: run.saved.runId,
      original: keyOf(original.case),
      scenario: createHash('sha256').update(textOf(original.case)).digest('hex').slice(0, 16),
    },
    options.anew,
  );
  const before = [...log.known.tallies.values()].reduce(
    (sum, each) => sum + each.fails + each.passes + each.unresolved,
    0,
  );
  if (before > 0) progress(`goes on: ${before} ${before === 1 ? 'run' : 'runs'} of before known`);

  const deadline = new AbortController();
  const timer = forNs === undefined ? undefined : setTimeout(() => deadline.abort(), forNs / NS.ms);
  const reportsDir = join(dir, 'shrink');
  const runner = new CaseRunner(
    {
      failure,
      scenarioFile: file,
      reportsDir,
      allow,
      surroundings,
      interruption,
      deadline: deadline.signal,
    },
    new Map([...log.known.folders].map(([key, name]) => [key, join(reportsDir, name)])),
  );
  const notes = new Map(log.known.notes);
  let count = 0;
  let beganNs = 0;
  let ended: ShrinkEnded['why'] | undefined;
  const write = ({ smallest, original: originalTally, tally }: ShrinkResult): void => {
    if (smallest === undefined) return;
    const head = shrinkHead({
      saved: run.saved,
      failure,
      original: { case: original.case, tally: originalTally },
      smallest: { case: smallest, tally },
      note: notes.get(keyOf(smallest)) ?? '',
      file,
    });
    writeScenarioFile(file, textOf(smallest, head));
  };

  progress(`looks for ${describeFailure(failure)} in ${describeCase(original.case, original.case)}`);
  const result = await shrink({
    original: original.case,
    share,
    ...(repeat !== undefined && { repeat }),
    mostRuns,
    known: log.known.tallies,
    hands: {
      run: (of) => {
        beganNs = nowNs();
        return runner.run(of, planOf(of));
      },
      refusal: (of) => refusalOf(() => planOf(of)),
      onTrial(trial) {
        const tookNs = nowNs() - beganNs;
        const what = describeCase(trial.case, original.case);
        if (trial.outcome === 'fails') notes.set(trial.key, trial.note);
        const folder = trial.outcome === 'fails' ? runner.folderOf(trial.key) : undefined;
        log.add(trial, what, tookNs / NS.ms, folder && basename(folder));
        const said = trial.outcome === 'unresolved' ? `says neither (${trial.note})` : trial.outcome;
        progress(`run ${++count}: ${what}: ${said}, after ${formatDuration(tookNs)}`);
      },
      onOriginal(tally, { leastProbability, alpha, mostRuns: most }) {
        const sure = formatRatio(1 - alpha);
        progress(
          `the run as it was failed in ${countOf(tally)}; a smaller one is to fail in ${formatRatio(leastProbability)} ` +
            `of its runs at least, with a confidence of ${sure}, after ${most} ${most === 1 ? 'run' : 'runs'} at the most`,
        );
      },
      onSmaller: (smallest, tallies) => write({ smallest, ...tallies, confirmed: false, complete: false }),
      isEnd(error) {
        if (!(error instanceof ShrinkEnded)) return false;
        ended = error.why;
        return true;
      },
    },
  }).finally(() => clearTimeout(timer));
  const runDir = runner.keepOnly(result.smallest ?? original.case);
  write(result);
  return outcomeOf(result, original.case, { file, runDir, ended, interruption });
}

function outcomeOf(
  { smallest, original, tally, confirmed, complete }: ShrinkResult,
  whole: ShrinkCase,
  end: {
    readonly file: string;
    readonly runDir: string | undefined;
    readonly ended: ShrinkEnded['why'] | undefined;
    readonly interruption: Interruption;
  },
): ShrinkOutcome {
  const { file, runDir, ended, interruption } = end;
  const stopped: ExitName | undefined =
    ended === 'unreverted'
      ? 'unreverted'
      : ended === 'interrupted'
        ? (interruption.exit ?? 'interrupted')
        : undefined;
  const counts = {
    original: { fails: original.fails, runs: original.fails + original.passes },
    confirmed,
    complete,
  };
  if (smallest === undefined) {
    const runs = original.fails + original.passes + original.unresolved;
    const headline = `not reproduced: the run as it was did not fail so again in ${runs} ${runs === 1 ? 'run' : 'runs'}`;
    return { exit: stopped ?? 'inconclusive', headline, ...counts };
  }
  const what = describeCase(smallest, whole);
  const left =
    ended === 'unreverted'
      ? '; ended, because a run left something behind that could not be undone: see `stormglass recover`'
      : complete
        ? ''
        : '; there may be smaller ones: it ended early';
  const doubt = confirmed ? '' : '; that it fails often enough was not shown';
  return {
    exit: stopped ?? 'ok',
    headline: `${what}: fails in ${countOf(tally)}, written to ${file}${doubt}${left}`,
    file,
    ...(runDir !== undefined && { runDir }),
    ...counts,
    smallest: { fails: tally.fails, runs: tally.fails + tally.passes, what },
  };
}

/** The number of nodes is only said where it is another. */
const changeOf = ({ faults, loads, nodes }: ShrinkCase, original: ShrinkCase) => ({
  faults,
  loads,
  ...(nodes !== undefined && nodes !== original.nodes && { nodes }),
});

/** Why a case makes no scenario; undefined when it makes one. */
function refusalOf(plan: () => unknown): string | undefined {
  try {
    plan();
    return undefined;
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems[0]?.message ?? error.message;
    throw error;
  }
}

function writeScenarioFile(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeWhole(file, text);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'choose another place with --out',
    });
  }
}
