import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitName, UsageError } from '../../base/errors.js';
import { type FailureClass, failureClassOf, type RunEnd } from '../../campaigns/shrink/failure-class.js';
import type { JournalEvent } from '../../contracts/journal.js';
import type { Summary } from '../../contracts/summary.js';
import { shellWord } from '../../reporters/rerun-command.js';
import type { RecordedRun } from '../recorded-run.js';

/** Why a run that ended so has nothing to be shrunk. */
const NOT_SHRUNK: Readonly<Partial<Record<ExitName, readonly [what: string, hint: string]>>> = {
  ok: ['passed: there is no failure to make smaller', 'name a run that failed'],
  inconclusive: ['was inconclusive: it says of no failure that there is one', 'see its report for why'],
  interrupted: ['was interrupted before it came to its end', 'run its scenario again'],
  terminated: ['was interrupted before it came to its end', 'run its scenario again'],
  unreverted: [
    'left something behind that could not be undone, and each repetition would do so again',
    'undo it with `stormglass recover`, and see its report for what kept it from being undone',
  ],
};

/**
 * As what a run failed: by its journal and, where it is there, its summary.
 * @throws UsageError when it came to no verdict, or to one of which nothing smaller is to be found
 */
export function originalFailure({ dir, journal }: RecordedRun): FailureClass {
  const verdict = journal.findLast(({ type }) => type === 'verdict');
  if (verdict === undefined || typeof verdict.exit !== 'string' || !(verdict.exit in EXIT)) {
    throw new UsageError(`the run of ${dir} came to no verdict: nobody knows what is to be looked for`, {
      hint: `run its scenario again, or replay it: stormglass run --replay ${shellWord(dir)}`,
    });
  }
  const exit = verdict.exit as ExitName;
  const refusal = NOT_SHRUNK[exit];
  if (refusal !== undefined) throw new UsageError(`the run of ${dir} ${refusal[0]}`, { hint: refusal[1] });
  return failureClassOf({ exit, checks: checksIn(journal), thresholds: thresholdsOf(dir) });
}

const checksIn = (journal: readonly JournalEvent[]): RunEnd['checks'] =>
  journal
    .filter(({ type }) => type === 'check')
    .map((event) => {
      const { name, verdict, sets = [] } = event as unknown as RunEnd['checks'][number];
      return { name, verdict, sets };
    });

/** The journal does not have them; without the summary, any that is missed will do. */
function thresholdsOf(dir: string): RunEnd['thresholds'] {
  try {
    const summary = JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) as Summary;
    return Array.isArray(summary.thresholds) ? summary.thresholds : [];
  } catch {
    return [];
  }
}
