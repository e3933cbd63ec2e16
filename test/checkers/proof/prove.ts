import { expect } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import type { Checker, CheckResult } from '../../../src/contracts/checker.js';
import type { History } from '../../../src/contracts/history.js';
import type { Planter } from './plant/planter.js';
import type { Said } from './reference/facts.js';
import { firstSeed, forWorlds, RUNS_FACTOR, tryWorld } from './runs.js';
import { toHistory, type World } from './world.js';

/** What is proven of one checker: the definition in plain code that it is held against. */
export interface Proof {
  readonly checker: Checker;
  readonly params?: Readonly<Record<string, unknown>>;
  reference(world: World): Said;
}

type MakeWorld = (seed: number) => World;

/** As many seeds are tried as it takes to plant an anomaly this often. */
const PLANTED = 15;
const MOST_TRIES = 400;

interface Answer extends Said {
  readonly result: CheckResult;
}

/** The checker's word on a history, in the terms of its reference. */
function ask({ checker, params = {} }: Proof, history: History, said: Said): Answer {
  const result = checker.check(history, params);
  const counts = Object.fromEntries(Object.keys(said.counts).map((name) => [name, result.counts[name]!]));
  return { verdict: result.verdict, counts, result };
}

function expectConsistent({ verdict, sets, examples }: CheckResult): void {
  const isViolated = sets.some(({ meaning, count }) => meaning === 'violation' && count > 0);
  expect(isViolated).toBe(verdict === 'fail');
  expect(examples.length).toBeLessThanOrEqual(32);
  if (verdict === 'fail') expect(examples.length).toBeGreaterThan(0);
}

/** Every checker says of every world what its definition does: the verdict, and each count. */
export function expectAgreement(proofs: readonly Proof[], count: number, make: MakeWorld): void {
  forWorlds(count, make, (world) => {
    const history = toHistory(world);
    for (const proof of proofs) {
      const said = proof.reference(world);
      const { verdict, counts, result } = ask(proof, history, said);
      expect({ check: proof.checker.name, verdict, counts }).toEqual({ check: proof.checker.name, ...said });
      expectConsistent(result);
    }
  });
}

/** No checker finds a violation in a world that kept every promise. */
export function expectInnocence(proofs: readonly Proof[], count: number, make: MakeWorld): void {
  forWorlds(count, make, (world) => {
    const history = toHistory(world);
    for (const { checker, params = {} } of proofs) {
      const { name, verdict, examples } = checker.check(history, params);
      expect({ name, isViolated: verdict === 'fail', examples: verdict === 'fail' ? examples : [] }).toEqual({
        name,
        isViolated: false,
        examples: [],
      });
    }
  });
}

/** What is planted is found: each count grows by as much as was planted, and the verdict follows. */
export function expectFound(proof: Proof, planter: Planter, make: MakeWorld): void {
  let planted = 0;
  for (let seed = firstSeed(); planted < PLANTED * RUNS_FACTOR; seed++) {
    if (seed >= firstSeed() + MOST_TRIES * RUNS_FACTOR) break;
    const world = make(seed);
    const sound = structuredClone(world);
    const grown = planter.plant(world, seededRandom(seed, 'plant'));
    if (grown === undefined) continue;
    planted++;
    tryWorld(`seed ${seed}`, world, () => {
      const before = ask(proof, toHistory(sound), proof.reference(sound));
      const said = proof.reference(world);
      const after = ask(proof, toHistory(world), said);
      const change = Object.keys(grown).map((name) => [name, after.counts[name]! - before.counts[name]!]);
      expect(Object.fromEntries(change)).toEqual(grown);
      expect({ verdict: after.verdict, counts: after.counts }).toEqual(said);
      expectConsistent(after.result);
      const { sets } = after.result;
      const violations = sets.filter(({ meaning }) => meaning === 'violation');
      const isViolation = violations.reduce((sum, { count }) => sum + count, 0) > 0;
      expect(isViolation).toBe(planter.isViolation);
    });
  }
  // The simulator must have places to plant it in.
  expect(planted).toBeGreaterThan(4);
}
