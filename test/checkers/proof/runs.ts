import { tell } from './tell-world.js';
import type { World } from './world.js';

/**
 * How many histories each property is tried with. STORMGLASS_PROOF_RUNS=20 tries twenty times as many as the default, with
 * other seeds beyond the first ones; STORMGLASS_PROOF_SEED begins at another seed.
 */
const RUNS_FACTOR = Number(process.env.STORMGLASS_PROOF_RUNS ?? 1);
const FIRST_SEED = Number(process.env.STORMGLASS_PROOF_SEED ?? 0);

/** Makes a world of one seed after the other and tries it; what goes wrong is told with its seed and the world. */
export function forWorlds<T extends { readonly world: World }>(
  count: number,
  make: (seed: number) => T,
  run: (scene: T, seed: number) => void,
): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count * RUNS_FACTOR; seed++) {
    const scene = make(seed);
    try {
      run(scene, seed);
    } catch (error) {
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}\n${tell(scene.world)}`;
      throw error;
    }
  }
}
