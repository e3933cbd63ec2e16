import type { Random } from '../../../src/base/random.js';
import type { World } from './world.js';

/**
 * Puts one anomaly into a world that kept every promise, and says by how much each count of the check must grow.
 * Undefined where the world has no place for it.
 */
export interface Planter {
  readonly check: string;
  readonly anomaly: string;
  /** False for what is allowed, or a doubt. */
  readonly isViolation: boolean;
  plant(world: World, random: Random): Readonly<Record<string, number>> | undefined;
}
