import { randomInt } from 'node:crypto';
import { findAccessProblems } from '../clusters/external-access.js';
import type { ExternalClusterParams } from '../clusters/external-cluster-schema.js';
import type { Plan } from '../contracts/plan.js';
import type { DataFiles } from '../scenario/data-files.js';
import { readScenario } from '../scenario/read-scenario.js';
import { resolvePlan } from '../scenario/resolve-plan.js';
import { scenarioJsonSchema as jsonSchemaOf } from '../scenario/scenario-json-schema.js';
import { readKnownRules } from './alert-tools.js';
import { dataFilesOf } from './data-files.js';
import { SCENARIO_PLUGINS } from './plugins.js';
import { userPlace } from './user-place.js';

export interface ScenarioRequest {
  /** Path of the scenario. */
  readonly file: string;
  /** Takes the place of the scenario's seed. */
  readonly seed?: number;
  /** `path=value` overrides. */
  readonly sets: readonly string[];
  /** The environment, for what a scenario names of a user's files; without it, only the home directory is known. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads, checks and resolves a scenario; starts nothing.
 * @throws ScenarioError with everything that is wrong, UsageError when the file cannot be read
 */
export function planScenario(request: ScenarioRequest): Plan {
  return planText(readScenario(request.file), request);
}

/**
 * The same of a text that stands in no file yet, or no longer: `file` is where it would be.
 * @throws ScenarioError with everything that is wrong
 */
export function planText(
  text: string,
  { file, seed, sets, env }: ScenarioRequest,
  files: DataFiles = dataFilesOf(file),
): Plan {
  return resolvePlan(text, {
    file,
    sets,
    plugins: SCENARIO_PLUGINS,
    files,
    inspectCluster: ({ driver, params }) =>
      driver === 'external'
        ? findAccessProblems(params as unknown as ExternalClusterParams, userPlace(env))
        : [],
    readRules: readKnownRules,
    drawnSeed: randomInt(2 ** 32),
    ...(seed !== undefined && { seed }),
  });
}

/** The JSON Schema of a scenario with all plug-ins, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return jsonSchemaOf(SCENARIO_PLUGINS);
}
