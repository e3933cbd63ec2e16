import { wallNow } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import { maskAssignment, maskSecrets } from '../base/secret.js';
import type { Plan } from '../contracts/plan.js';
import type { Environment, ReplayedRun } from '../contracts/run-result.js';
import { type RunDirectory, writeWhole } from './run-directory.js';

export interface SavedPlan {
  readonly schema: 'stormglass.plan/1';
  readonly runId: string;
  readonly scenarioFile: string;
  readonly overrides: readonly string[];
  /** Whose faults it makes again, if any. */
  readonly replay?: ReplayedRun;
  readonly savedAt: string;
  readonly environment: Environment;
  readonly plan: Plan;
}

/**
 * plan.json: enough to run it again, written before anything is started. Secrets are left out.
 * @throws PreflightError when it cannot be written
 */
export function savePlan(
  dir: RunDirectory,
  run: {
    readonly runId: string;
    readonly scenarioFile: string;
    readonly overrides: readonly string[];
    readonly replay?: ReplayedRun;
    readonly environment: Environment;
    readonly plan: Plan;
  },
): void {
  const saved: SavedPlan = {
    schema: 'stormglass.plan/1',
    runId: run.runId,
    scenarioFile: run.scenarioFile,
    overrides: run.overrides.map(maskAssignment),
    ...(run.replay && { replay: run.replay }),
    savedAt: wallNow().toISOString(),
    environment: run.environment,
    plan: run.plan,
  };
  try {
    writeWhole(dir.plan, `${JSON.stringify(saved, maskSecrets, 2)}\n`);
  } catch (error) {
    throw new PreflightError(`cannot write ${dir.plan}: ${messageOf(error)}`, {
      cause: error,
      hint: 'free some space, or choose another place with --out',
    });
  }
}
