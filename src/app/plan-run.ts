import { UsageError } from '../base/errors.js';
import { SECRET_MASK } from '../base/secret.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { Plan } from '../contracts/plan.js';
import type { ReplayedRun } from '../contracts/run-result.js';
import { recordedFaults } from '../scenario/faults/recorded-faults.js';
import { replayProblems } from '../scenario/faults/replay-problems.js';
import { formatTimeline } from '../scenario/timeline.js';
import { planScenario, type ScenarioRequest } from './plan-scenario.js';
import { SCENARIO_PLUGINS } from './plugins.js';
import { type RecordedRun, readRecordedRun, requireNoSecrets } from './recorded-run.js';

/** What is to be run: a scenario, the faults of a run once more, or a scenario with the faults of a run. */
export interface RunPlanRequest extends Omit<ScenarioRequest, 'file'> {
  readonly file?: string;
  /** The folder of a run, whose faults are made again at the times of its journal. */
  readonly replay?: string;
}

export interface PlannedRun {
  readonly plan: Plan;
  readonly scenarioFile: string;
  readonly overrides: readonly string[];
  readonly replay?: ReplayedRun;
  /** For people: what of the run that is replayed is left out. */
  readonly notes: readonly string[];
}

/**
 * The plan of a run.
 * @throws ScenarioError with everything that is wrong with a scenario, UsageError when a file cannot be read, or when the
 * faults of the run that is to be replayed do not go together with the plan
 */
export function planRun(request: RunPlanRequest): PlannedRun {
  const { file, replay, sets } = request;
  if (replay !== undefined) return planReplay(readRecordedRun(replay), request);
  if (file === undefined) {
    throw new UsageError('there is nothing to run', {
      hint: 'name a scenario, or a run to replay: stormglass run --replay reports/latest',
    });
  }
  return { plan: planScenario({ ...request, file }), scenarioFile: file, overrides: sets, notes: [] };
}

function planReplay(run: RecordedRun, request: RunPlanRequest): PlannedRun {
  const { file, sets } = request;
  const { dir, saved } = run;
  const { faults, notMade } = recordedFaults(saved.runId, saved.plan.faults, run.journal);
  if (faults.length === 0) {
    throw new UsageError(`${dir}: that run made no fault, so there is none to make again`);
  }
  requireNoSecretFaults(dir, faults);
  const own = file === undefined;
  const base = own ? ownPlan(run, request) : planScenario({ ...request, file });
  const problems = replayProblems(base, faults, own, SCENARIO_PLUGINS);
  if (problems.length > 0) {
    throw new UsageError(
      [`the faults of ${dir} do not go together with ${file ?? 'this stormglass'}:`, ...problems].join(
        '\n  ',
      ),
    );
  }
  return {
    plan: { ...base, faults },
    scenarioFile: file ?? saved.scenarioFile,
    overrides: own ? saved.overrides : sets,
    replay: { dir, own },
    notes: notMade.map((id) => `${id} was not made in that run, and is left out`),
  };
}

/** What was masked where it was written down cannot be made again, whatever scenario is given. */
function requireNoSecretFaults(dir: string, faults: readonly FaultPlan[]): void {
  const masked = faults.filter((fault) => JSON.stringify(fault).includes(SECRET_MASK));
  if (masked.length === 0) return;
  const ids = masked.map(({ origin, id }) => origin ?? id).join(', ');
  throw new UsageError(`${dir}: ${ids} had secrets among its parameters, which are never written down`, {
    hint: 'write these faults into a scenario, and run that',
  });
}

/** The plan of the run itself: nothing of it can be changed, because its scenario is not read again. */
function ownPlan(run: RecordedRun, { seed, sets }: RunPlanRequest): Plan {
  const option = seed !== undefined ? '--seed' : sets.length > 0 ? '--set' : undefined;
  if (option !== undefined) {
    throw new UsageError(`${option} changes a scenario, and --replay alone takes the plan of that run`, {
      hint: `give the scenario, too: stormglass run ${run.saved.scenarioFile} --replay ${run.dir}`,
    });
  }
  requireNoSecrets(run);
  requirePlugins(run);
  return run.saved.plan;
}

/** A plan is taken as it is: what it names must be there before anything starts. */
function requirePlugins({ dir, saved: { plan } }: RecordedRun): void {
  const { drivers, loads, probes, checks } = SCENARIO_PLUGINS;
  const unknown = [
    ...(Object.hasOwn(drivers, plan.cluster.driver) ? [] : [`driver ${plan.cluster.driver}`]),
    ...plan.loads.filter(({ kind }) => !Object.hasOwn(loads, kind)).map(({ kind }) => `kind of load ${kind}`),
    ...plan.steadyState.probes
      .filter(({ kind }) => !Object.hasOwn(probes, kind))
      .map(({ kind }) => `kind of probe ${kind}`),
    ...plan.checks.filter(({ name }) => !Object.hasOwn(checks, name)).map(({ name }) => `check ${name}`),
  ];
  if (unknown.length === 0) return;
  throw new UsageError(`${dir}: this stormglass has no ${unknown.join(', no ')}`, {
    hint: 'replay it with the stormglass that made it',
  });
}

/** The plan, and what will happen when, for people. */
export function dryRun(request: RunPlanRequest): PlannedRun & { readonly timeline: string } {
  const planned = planRun(request);
  return { ...planned, timeline: formatTimeline(planned.plan) };
}
