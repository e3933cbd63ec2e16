import type { Plan } from '../contracts/plan.js';
import type { Interruption } from './interruption.js';
import { Journal } from './journal.js';
import type { RunDirectory } from './run-directory.js';
import type { RunRequest } from './run-request.js';
import { Scope } from './scope.js';
import type { RunServices } from './services.js';

/** What the phases of one run share. */
export interface RunContext {
  readonly plan: Plan;
  readonly runId: string;
  /** As the user named it. */
  readonly scenarioFile: string;
  readonly dir: RunDirectory;
  readonly services: RunServices;
  /** What is open. */
  readonly scope: Scope;
  readonly journal: Journal;
  readonly interruption: Interruption;
  /** Of the interruption. */
  readonly signal: AbortSignal;
}

/** Opens the journal of a run, which says from here on that it is interrupted. */
export function openRunContext(
  { plan, runId, scenarioFile, interruption }: RunRequest,
  services: RunServices,
  dir: RunDirectory,
): RunContext {
  const journal = new Journal(dir.journal);
  const { signal, hurry } = interruption;
  signal.addEventListener('abort', () => {
    const now = interruption.hasVerdict
      ? 'the run is over, and its report is being written'
      : 'reverting and checking; once more to hurry';
    journal.write('interrupted', { text: `${signal.reason.message}: ${now}` });
  });
  hurry.addEventListener('abort', () => journal.write('interrupted', { text: 'hurrying' }));
  const scope = new Scope();
  return { plan, runId, scenarioFile, dir, services, scope, journal, interruption, signal };
}
