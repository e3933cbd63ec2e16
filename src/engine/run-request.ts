import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { Environment, ReplayedRun } from '../contracts/run-result.js';
import type { Interruption } from './interruption.js';

/** What one run is asked to be. */
export interface RunRequest {
  readonly runId: string;
  readonly plan: Plan;
  /** As the user named it. */
  readonly scenarioFile: string;
  /** `path=value` overrides that the plan was resolved with. */
  readonly overrides: readonly string[];
  /** Whose faults are made again, if any. */
  readonly replay?: ReplayedRun;
  /** Where the run's own directory is made. */
  readonly reportsDir: string;
  readonly environment: Environment;
  readonly interruption: Interruption;
  /** What is slow before the load (a server that is built) says so here. */
  readonly progress: (line: string) => void;
  /** Whoever watches the run while it happens; told the result when every file is written. */
  readonly live?: Reporter;
}
