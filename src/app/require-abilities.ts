import { PreflightError } from '../base/errors.js';
import type { FaultKind, FaultLack } from '../contracts/fault.js';
import type { Machine } from '../contracts/machine.js';
import type { Plan } from '../contracts/plan.js';
import { FAULT_KINDS } from './plugins.js';
import { hasVolumes } from './volumes-of.js';

interface NamedLack extends FaultLack {
  /** Whose lack it is: `fault-2 (disk-full)`. */
  readonly whose: string;
}

/** Throws a PreflightError with everything that the plan asks of this machine and that it cannot do. */
export async function requireAbilities(
  plan: Plan,
  machine: Machine,
  kinds: readonly FaultKind[] = FAULT_KINDS,
): Promise<void> {
  const ofFaults = plan.faults.map(async ({ id, kind, params }) => {
    const lack = await kinds.find((each) => each.kind === kind)?.findLack?.(params, machine);
    return lack && { whose: `${id} (${kind})`, ...lack };
  });
  const lacks = (await Promise.all(ofFaults)).filter((lack) => lack !== undefined);
  if (lacks.length === 0 && hasVolumes(plan)) lacks.push(...(await lackOfVolumes(machine)));
  if (lacks.length === 0) return;
  const told = byWhat(lacks).map(([what, whose]) => `${whose.join(', ')}: ${what}`);
  const hints = [...new Set(lacks.map(({ hint }) => hint))];
  throw new PreflightError(`this machine cannot do what the scenario asks for: ${told.join('; ')}`, {
    hint: hints.join('; '),
  });
}

async function lackOfVolumes(machine: Machine): Promise<NamedLack[]> {
  const lack = await machine.findVolumeLack('tmpfs');
  return lack === undefined ? [] : [{ whose: 'cluster.volumes', ...lack }];
}

/** One sentence for a lack, however many faults it keeps from being made. */
function byWhat(lacks: readonly NamedLack[]): [string, string[]][] {
  const byText = new Map<string, string[]>();
  for (const { what, whose } of lacks) byText.set(what, [...(byText.get(what) ?? []), whose]);
  return [...byText];
}
