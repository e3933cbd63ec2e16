import type { Random } from '../../../../src/base/random.js';
import type { World } from '../world.js';

/** By how much each count of a check must grow. */
export type Grown = Readonly<Record<string, number>>;

/**
 * Puts one anomaly into a world that kept every promise, and says by how much each count of the check must grow.
 * Undefined where the world has no place for it.
 */
export interface Planter {
  readonly check: string;
  readonly anomaly: string;
  /** False for what is allowed, or a doubt. */
  readonly isViolation: boolean;
  plant(world: World, random: Random): Grown | undefined;
}

/**
 * Makes the planters of one check: `violation` of what it must call wrong, `allowed` of what it must only count.
 * `places` are all that the anomaly can be put at, of which one is drawn; `plant` puts it there, or returns undefined
 * where that place will not do after all.
 */
export function plantersOf(check: string) {
  const making =
    (isViolation: boolean) =>
    <P>(
      anomaly: string,
      places: (world: World) => readonly P[],
      plant: (place: P, world: World, random: Random) => Grown | undefined,
    ): Planter => ({
      check,
      anomaly,
      isViolation,
      plant(world, random) {
        const all = places(world);
        return all.length === 0 ? undefined : plant(random.pick(all), world, random);
      },
    });
  return { violation: making(true), allowed: making(false) };
}
