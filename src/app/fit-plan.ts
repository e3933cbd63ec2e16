import { PreflightError } from '../base/errors.js';
import { formatInteger } from '../base/units.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { Plan } from '../contracts/plan.js';
import { OTHER_FILES } from '../generators/place-workers.js';
import { LOAD_KINDS } from './plugins.js';

const MOST_WORKERS = 256;

/**
 * The plan with as many workers for each load as this machine needs to open its sockets: one worker's must fit into one
 * process. Throws a PreflightError, with the limit and how to raise it, when no number of workers does.
 *
 * @param openFiles how many files a process may have open here; `null` for no limit
 */
export function fitPlan(plan: Plan, openFiles: number | null): Plan {
  if (openFiles === null) return plan;
  return { ...plan, loads: plan.loads.map((load) => fitLoad(load, openFiles)) };
}

function fitLoad(load: LoadPlan, openFiles: number): LoadPlan {
  const socketsOf = LOAD_KINDS.find(({ kind }) => kind === load.kind)?.facts.socketsOf;
  if (socketsOf === undefined || load.workers === 0) return load;
  const room = openFiles - OTHER_FILES;
  for (let workers = load.workers; workers <= MOST_WORKERS; workers++) {
    const fitted = { ...load, workers };
    if (socketsOf(fitted, 0) <= room) return fitted;
  }
  const all = socketsOf({ ...load, workers: 1 }, 0);
  const needed = Math.ceil(all / MOST_WORKERS) + OTHER_FILES;
  throw new PreflightError(
    `load ${load.name} opens ${formatInteger(all)} sockets, and a process may have ${formatInteger(openFiles)} files open ` +
      `here: not even ${MOST_WORKERS} generator processes would do`,
    {
      hint: `raise the limit in the shell that starts it, \`ulimit -n ${Math.max(needed, 1024)}\`, or open fewer`,
    },
  );
}
