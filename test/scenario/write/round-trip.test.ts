import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { placeOf } from '../../../src/app/shrink/original-scenario.js';
import type { FaultPlan } from '../../../src/contracts/plan/faults.js';
import type { Plan } from '../../../src/contracts/plan.js';
import { editScenario } from '../../../src/scenario/write/edit-scenario.js';
import { writeScenario } from '../../../src/scenario/write/write-scenario.js';
import { plan as planOf, plugins } from '../plugins.js';

const ROOT = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

/** Those that are on this machine alone to be planned: not what names servers of somebody else's. */
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(ROOT, file))
  .filter((file) => !/driver: external/.test(readFileSync(file, 'utf8')));

/** Faults as a run makes them: nothing waits or follows any more. */
const explicit = (faults: readonly FaultPlan[]): FaultPlan[] =>
  faults.map(({ when: _, follows: __, ...fault }) => fault);

/** All but what says where it came from, and what only those faults have that draw. */
const comparable = ({ faults, ...plan }: Plan) => ({
  ...(JSON.parse(JSON.stringify(plan), rounded) as Plan),
  faults: explicit(faults).map(({ origin: _, seed, target, ...fault }) => ({
    ...(JSON.parse(JSON.stringify(fault)) as FaultPlan),
    target: 'node' in target ? target.node : 'nodes' in target ? target.nodes : target.role,
    ...(plugins.faults[fault.kind]?.drawsBySeed && { seed }),
  })),
});

/** Shares that were summed up in another order differ in the last digit. */
const rounded = (_: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(9)) : value;

describe.each(FILES.map((file) => [file.slice(ROOT.length), file] as const))('%s', (_, file) => {
  const text = readFileSync(file, 'utf8');
  const plan = planOf(text, { file });

  it('says the same when its faults stand at their times', () => {
    const scenario = { text, file, sets: [], plan };
    const { faults, loads } = plan;
    const edited = editScenario(scenario, { faults, loads }, { plugins, place: placeOf(file) });
    expect(comparable(planOf(edited, { file }))).toEqual(comparable(plan));
    // What people wrote about it is still there.
    for (const comment of text.match(/^# .*$/gm) ?? []) expect(edited).toContain(comment);
  });

  it('can be written anew from its plan, for another place', () => {
    const elsewhere = join(ROOT, '..', 'somewhere', 'else', 'shrunk.yaml');
    const anew = writeScenario({ ...plan, faults: explicit(plan.faults) }, plugins, placeOf(elsewhere));
    expect(comparable(planOf(anew, { file: elsewhere }))).toEqual(comparable(plan));
  });
});
