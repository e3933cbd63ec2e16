import { expect } from 'vitest';
import type { Checker } from '../../../src/contracts/checker.js';
import type { Said } from './reference/facts.js';
import { forWorlds } from './runs.js';
import { toHistory, type World } from './world.js';

/** What is proven of one checker: the definition in plain code that it is held against, and the worlds it is tried on. */
export interface Proof {
  readonly checker: Checker;
  readonly params?: Readonly<Record<string, unknown>>;
  reference(world: World): Said;
}

/** The checker's word on a world, in the terms of the reference. */
export function ask({ checker, params = {}, reference }: Proof, world: World) {
  const said = reference(world);
  const { verdict, counts, examples, sets, sentence } = checker.check(toHistory(world), params);
  const same = Object.fromEntries(Object.keys(said.counts).map((name) => [name, counts[name]]));
  return { said, verdict, counts: same, examples, sets, sentence };
}

/** Holds the checker against the reference on as many worlds. */
export function expectAgreement(proof: Proof, count: number, makeWorld: (seed: number) => World): void {
  const make = (seed: number) => ({ world: makeWorld(seed) });
  forWorlds(count, make, ({ world }) => {
    const { said, verdict, counts, examples, sets } = ask(proof, world);
    expect({ verdict, counts }).toEqual({ verdict: said.verdict, counts: said.counts });
    expect(examples.length).toBeLessThanOrEqual(32);
    const violations = sets.filter(({ meaning }) => meaning === 'violation');
    expect(violations.some(({ count: found }) => found > 0)).toBe(verdict === 'fail');
    if (verdict === 'fail') expect(examples.length).toBeGreaterThan(0);
  });
}
