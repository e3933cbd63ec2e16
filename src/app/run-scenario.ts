import { freshId } from '../base/ids.js';
import { checkExternalCluster } from '../clusters/external-cluster.js';
import type { ExternalClusterParams } from '../clusters/external-cluster-schema.js';
import type { Reporter } from '../contracts/reporter.js';
import { conductRun, type RunOutcome } from '../engine/conduct-run.js';
import { Interruption } from '../engine/interruption.js';
import { readOpenFilesLimit } from '../processes/process-usage.js';
import { describeEnvironment } from './environment.js';
import { fitPlan } from './fit-plan.js';
import { requireForeignConsent } from './foreign-consent.js';
import { type PlannedRun, planRun, type RunPlanRequest } from './plan-run.js';
import { createRunServices } from './run-services.js';
import type { Surroundings } from './surroundings.js';
import { userPlace } from './user-place.js';

export interface RunScenarioOptions extends RunPlanRequest, RunOptions {}

/** How a plan is run, whatever it came from. */
export interface RunOptions {
  /** The run leaves its own folder here. */
  readonly reportsDir: string;
  /** Servers, `host:port`, that stormglass did not start and may load. */
  readonly allow: readonly string[];
  readonly surroundings: Surroundings;
  /** How the run is stopped early; without it, it cannot be. */
  readonly interruption?: Interruption;
  /** Told what happens while it happens, and the result at the end. */
  readonly live?: Reporter;
  /** Told, a line at a time, what is slow before the load begins. */
  readonly progress?: (line: string) => void;
}

/**
 * Runs a scenario to its verdict.
 * @throws StormglassError when the scenario is invalid or the preflight failed: then nothing is left of the run
 */
export async function runScenario(options: RunScenarioOptions): Promise<RunOutcome> {
  return runPlanned(planRun({ ...options, env: options.surroundings.env }), options);
}

/**
 * Runs a plan to its verdict.
 * @throws StormglassError as for a scenario
 */
export async function runPlanned(
  { notes, ...planned }: PlannedRun,
  options: RunOptions,
): Promise<RunOutcome> {
  const { allow, surroundings } = options;
  const plan = fitPlan(planned.plan, readOpenFilesLimit());
  if (plan.cluster.driver === 'external') {
    checkExternalCluster(plan.cluster.params as unknown as ExternalClusterParams, {
      allow,
      place: userPlace(surroundings.env),
    });
  }
  requireForeignConsent(plan, allow);
  for (const note of notes) options.progress?.(note);
  return conductRun(
    {
      runId: freshId(),
      ...planned,
      plan,
      reportsDir: options.reportsDir,
      environment: await describeEnvironment(),
      interruption: options.interruption ?? new Interruption(),
      progress: options.progress ?? (() => {}),
      ...(options.live && { live: options.live }),
    },
    createRunServices(options),
  );
}
