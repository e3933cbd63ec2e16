import { RateIntegral } from '../base/rate-integral.js';
import type { Stage } from '../contracts/plan/schedule.js';
import type { StageInput } from './load-schema.js';
import type { Findings, Path } from './problem.js';
import type { Rate } from './quantities.js';

export interface ResolvedStages {
  readonly stages: readonly Stage[];
  readonly unit: Rate['unit'];
}

const FORMS =
  'expected { to: 5k/s, over: 10s }, { hold: 60s }, { step: 5k/s, for: 10s } or { spike: 50k/s, for: 5s }';

/** The stages of a load as stretches of time; `undefined` when they say nothing, or not in one way. */
export function resolveStages(
  inputs: readonly StageInput[],
  path: Path,
  findings: Findings,
): ResolvedStages | undefined {
  const stages: Stage[] = [];
  const before = findings.all.length;
  let level = 0;
  const holdAt = (perSec: number, durationNs: number) =>
    stages.push({ fromPerSec: perSec, toPerSec: perSec, durationNs });
  for (const [i, stage] of inputs.entries()) {
    const at = [...path, 'stages', i];
    const { to, over, from, hold, step, spike, for: durationNs } = stage;
    if (hold !== undefined && (to ?? over ?? from) !== undefined) {
      findings.add(at, 'a stage goes `to` a rate or holds the one it has, not both', 'Make it two stages.');
    } else if (!isOneForm(stage)) {
      findings.add(at, FORMS);
    } else if (hold !== undefined) {
      holdAt(level, hold);
    } else if (durationNs !== undefined) {
      // A spike leaves the level as it was.
      holdAt((step ?? spike)?.perSec ?? 0, durationNs);
      if (step !== undefined) level = step.perSec;
    } else if (to !== undefined && over !== undefined) {
      // A step takes no time: it is where the next stage begins.
      if (over > 0) stages.push({ fromPerSec: from?.perSec ?? level, toPerSec: to.perSec, durationNs: over });
      level = to.perSec;
    }
  }
  const unit = unitOf(inputs, path, findings);
  if (findings.all.length > before || unit === undefined) return undefined;
  if (stages.length > 0) return { stages, unit };
  findings.add([...path, 'stages'], 'these stages take no time', 'Add `{ hold: 60s }`.');
  return undefined;
}

/** Exactly one of the forms, and all of it. */
function isOneForm({ to, over, from, hold, step, spike, for: durationNs }: StageInput): boolean {
  const ramps = to !== undefined && over !== undefined;
  const lasts = (step === undefined) !== (spike === undefined) && durationNs !== undefined;
  const goes = (to ?? over ?? from) !== undefined;
  const stays = (step ?? spike ?? durationNs) !== undefined;
  return (
    (ramps && hold === undefined && !stays) || (hold !== undefined && !goes && !stays) || (lasts && !goes)
  );
}

/** What all rates count; zero is zero of either. */
function unitOf(inputs: readonly StageInput[], path: Path, findings: Findings): Rate['unit'] | undefined {
  let unit: Rate['unit'] | undefined;
  for (const [i, { from, to, step, spike }] of inputs.entries()) {
    for (const [key, rate] of Object.entries({ from, to, step, spike })) {
      if (rate === undefined || rate.perSec === 0) continue;
      unit ??= rate.unit;
      if (rate.unit === unit) continue;
      const message = 'some of these rates count operations, and others bytes';
      findings.add([...path, 'stages', i, key], message, 'Write all of them in one unit.');
      return undefined;
    }
  }
  return unit ?? 'operations';
}

/** The stages up to the time at which they have added up to `count`; all of them when they never do. */
export function cutAt(stages: readonly Stage[], count: number): readonly Stage[] {
  const integral = new RateIntegral(stages);
  if (integral.total <= count) return stages;
  // Rounded up, so that the last operation is still part of it.
  let leftNs = Math.ceil(integral.reachedNs(count));
  const kept: Stage[] = [];
  for (const stage of stages) {
    if (leftNs <= 0) break;
    const { fromPerSec, toPerSec, durationNs } = stage;
    if (leftNs >= durationNs) kept.push(stage);
    else {
      const rate = fromPerSec + ((toPerSec - fromPerSec) * leftNs) / durationNs;
      kept.push({ fromPerSec, toPerSec: rate, durationNs: leftNs });
    }
    leftNs -= durationNs;
  }
  return kept;
}
