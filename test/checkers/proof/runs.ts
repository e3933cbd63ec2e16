/**
 * How many histories each property is tried with. STORMGLASS_PROOF_RUNS=20 tries twenty times as many as the default, with
 * other seeds beyond the first ones; STORMGLASS_PROOF_SEED begins at another seed.
 */
export const RUNS_FACTOR = Number(process.env.STORMGLASS_PROOF_RUNS ?? 1);
const FIRST_SEED = Number(process.env.STORMGLASS_PROOF_SEED ?? 0);

/** Calls with one seed after the other; what goes wrong is told with its seed. */
export function forSeeds(count: number, run: (seed: number) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count * RUNS_FACTOR; seed++) {
    try {
      run(seed);
    } catch (error) {
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
