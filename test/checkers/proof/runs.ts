import { tell } from './tell-world.js';
import type { World } from './world.js';

/**
 * How many histories each property is tried with. STORMGLASS_PROOF_RUNS=20 tries twenty times as many as the default;
 * STORMGLASS_PROOF_SEED=1000 begins at that seed.
 */
export const RUNS_FACTOR = Number(process.env.STORMGLASS_PROOF_RUNS ?? 1);
export const firstSeed = (): number => Number(process.env.STORMGLASS_PROOF_SEED ?? 0);

/** Makes a world of one seed after the other and tries it; what goes wrong is told with its seed and the world. */
export function forWorlds(count: number, make: (seed: number) => World, run: (world: World) => void): void {
  for (let seed = firstSeed(); seed < firstSeed() + count * RUNS_FACTOR; seed++)
    tryWorld(`seed ${seed}`, make(seed), run);
}

/** Whatever goes wrong is told with the world that it went wrong in. */
export function tryWorld(name: string, world: World, run: (world: World) => void): void {
  try {
    run(world);
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}\n${tell(world)}`;
    throw error;
  }
}
