import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { messageOf, StormglassError, UsageError } from '../../base/errors.js';
import { maskSecrets, SECRET_MASK } from '../../base/secret.js';
import type { Plan } from '../../contracts/plan.js';
import { readScenario } from '../../scenario/read-scenario.js';
import type { WrittenScenario } from '../../scenario/write/edit-scenario.js';
import type { WritePlace } from '../../scenario/write/write-fault.js';
import { writeScenario } from '../../scenario/write/write-scenario.js';
import { dataFilesOf } from '../data-files.js';
import { planText } from '../plan-scenario.js';
import { SCENARIO_PLUGINS } from '../plugins.js';
import { type RecordedRun, requireNoSecrets } from '../recorded-run.js';

export interface OriginalScenario extends WrittenScenario {
  /** Where the result stands in another folder: the paths that the text has, and what they are from there. */
  readonly paths?: ReadonlyMap<string, string>;
  /** For people: that it was made from the plan, and why. */
  readonly note?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Paths from where a scenario is to stand. */
export function placeOf(file: string): WritePlace {
  const folder = dirname(resolve(file));
  return {
    locate: (path) => resolve(folder, path),
    relative: (path) => {
      if (!isAbsolute(path)) return path;
      const from = relative(folder, path);
      return from.startsWith('.') ? from : `./${from}`;
    },
  };
}

/**
 * The scenario of a run: its own text where that still makes the plan of the run, and one that is made from the plan
 * where it is gone, or says something else by now.
 *
 * @param out where what comes of it is to stand
 * @throws UsageError when the plan had secrets, or has something that cannot be written
 */
export function originalScenario(run: RecordedRun, out: string, env: Env): OriginalScenario {
  const kept = keptScenario(run, out, env);
  if (typeof kept !== 'string') return kept;
  requireNoSecrets(run);
  return { ...fromPlan(run, out, env), note: `${kept}: it is written anew from the plan of the run` };
}

/** Its own text; or why that cannot be taken, for people. */
function keptScenario({ saved }: RecordedRun, out: string, env: Env): OriginalScenario | string {
  const { scenarioFile: file, overrides: sets, plan: was } = saved;
  if (sets.some((set) => set.includes(SECRET_MASK))) return 'an override of the run was a secret';
  const data = dataFilesOf(file);
  const located = new Map<string, string>();
  const { relative: from } = placeOf(out);
  const locate = (path: string): string => {
    const at = data.locate(path);
    if (!isAbsolute(path)) located.set(path, from(at));
    return at;
  };
  try {
    const text = readScenario(file);
    const plan = planText(text, { file, sets, env, seed: was.seed }, { ...data, locate });
    if (!isSamePlan(plan, was)) return `${file} says something else than when it was run`;
    const isMoved = dirname(resolve(out)) !== dirname(resolve(file));
    return { text, file, sets, plan, ...(isMoved && { paths: located }) };
  } catch (error) {
    if (!(error instanceof StormglassError)) throw error;
    return messageOf(error).split('\n', 1)[0] as string;
  }
}

function fromPlan({ dir, saved }: RecordedRun, out: string, env: Env): OriginalScenario {
  // Thresholds and alerts may speak of faults, which are put in later.
  const { thresholds, alerts, ...rest } = saved.plan;
  const bare: Plan = { ...rest, faults: [], thresholds: [] };
  const later = { thresholds, ...(alerts && { alerts }) };
  try {
    const text = writeScenario(bare, SCENARIO_PLUGINS, placeOf(out));
    const plan = planText(text, { file: out, sets: [], env });
    if (!isSamePlan(plan, bare)) throw new RangeError('what it says does not come out the same');
    const whole = writeScenario({ ...bare, ...later }, SCENARIO_PLUGINS, placeOf(out));
    return { text: whole, file: out, sets: [], plan: { ...plan, ...later } };
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof StormglassError)) throw error;
    throw new UsageError(`the plan of ${dir} cannot be written as a scenario: ${messageOf(error)}`, {
      cause: error,
      hint: `put its scenario back where it was: ${saved.scenarioFile}`,
    });
  }
}

/** But for the faults, which are taken from the journal, and what was fitted to the machine. */
function isSamePlan(a: Plan, b: Plan): boolean {
  const text = ({ faults: _, loads, ...rest }: Plan): string =>
    JSON.stringify(sorted({ ...rest, loads: loads.map(({ workers: __, ...load }) => load) }), maskSecrets);
  return text(a) === text(b);
}

/** Keys in the order of their names, and numbers but for the last digits, which sums of shares may differ in. */
function sorted(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(9));
  // A secret says itself what is written of it.
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
