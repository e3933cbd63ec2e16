import { NS } from '../base/clock.js';
import type { LoadPlan, LoadSchedule, Stage } from '../contracts/plan.js';
import type { LoadInput, StageInput } from './load-schema.js';
import type { Findings, Path } from './problem.js';

/** When a load's operations are due; `undefined` when the scenario does not say it in one way. */
export function resolveSchedule(input: LoadInput, path: Path, findings: Findings): LoadSchedule | undefined {
  const { rate, stages, for: durationNs } = input;
  if (rate !== undefined && stages !== undefined) {
    findings.addAtKey(
      [...path, 'stages'],
      'a load has a rate or stages, not both',
      'Leave one of the two out.',
    );
    return undefined;
  }
  if (stages !== undefined) {
    if (durationNs !== undefined) {
      findings.addAtKey(
        [...path, 'for'],
        '`for` goes with a rate; stages say themselves how long they last',
        'Leave it out.',
      );
    }
    const open = resolveStages(stages, path, findings);
    return open && atLeastOne(open, path, findings);
  }
  if (rate === undefined) {
    findings.add(path, 'the load says no rate', 'Write `rate: 5k/s` with `for: 60s`, or `stages`.');
    return undefined;
  }
  if (durationNs === undefined) {
    findings.add(path, 'the key `for` is missing: how long the rate lasts', 'Write `for: 60s`.');
    return undefined;
  }
  if (rate === 'max') return { mode: 'max', durationNs };
  return atLeastOne([{ fromPerSec: rate, toPerSec: rate, durationNs }], path, findings);
}

function resolveStages(inputs: readonly StageInput[], path: Path, findings: Findings): Stage[] | undefined {
  const stages: Stage[] = [];
  const before = findings.all.length;
  let level = 0;
  for (const [i, stage] of inputs.entries()) {
    const at = [...path, 'stages', i];
    const { to, over, from = level, hold } = stage;
    if (hold !== undefined && (to ?? over ?? stage.from) !== undefined) {
      findings.add(at, 'a stage goes `to` a rate or holds the one it has, not both', 'Make it two stages.');
    } else if (hold !== undefined) {
      stages.push({ fromPerSec: level, toPerSec: level, durationNs: hold });
    } else if (to === undefined || over === undefined) {
      findings.add(at, 'expected { to: 5k/s, over: 10s } or { hold: 60s }');
    } else {
      // A step takes no time: it is where the next stage begins.
      if (over > 0) stages.push({ fromPerSec: from, toPerSec: to, durationNs: over });
      level = to;
    }
  }
  if (findings.all.length > before) return undefined;
  if (stages.length > 0) return stages;
  findings.add([...path, 'stages'], 'these stages take no time', 'Add `{ hold: 60s }`.');
  return undefined;
}

function atLeastOne(stages: readonly Stage[], path: Path, findings: Findings): LoadSchedule | undefined {
  const operations = stages.reduce(
    (sum, { fromPerSec, toPerSec, durationNs }) => sum + ((fromPerSec + toPerSec) / 2) * (durationNs / NS.s),
    0,
  );
  if (operations >= 1) return { mode: 'open', stages, arrival: { kind: 'constant' }, unit: 'operations' };
  findings.add(
    path,
    'this load asks for no operation at all: its rate is too low for its length',
    'Raise the rate or the time.',
  );
  return undefined;
}

/** From the start of the run's load until nothing more of this one is due, in nanoseconds; 0 for one that follows. */
export function endNsOf({ atNs, schedule }: Pick<LoadPlan, 'atNs' | 'schedule'>): number {
  if (schedule.mode === 'follow') return schedule.durationNs === undefined ? 0 : atNs + schedule.durationNs;
  if (schedule.mode !== 'open') return atNs + schedule.durationNs;
  return schedule.stages.reduce((sum, { durationNs }) => sum + durationNs, atNs);
}
