import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import { coreDelivery } from '../../../src/checkers/core-delivery.js';
import { expectAgreement } from './prove.js';
import { type MostLost, referenceCoreDelivery } from './reference/core-delivery.js';
import type { World } from './world.js';

/** Loads of which some lose something. */
function simulate(seed: number): World {
  const random = seededRandom(seed, 'core');
  const deliveries = Array.from({ length: random.below(4) }, (_, i) => {
    const sent = random.below(2) * random.below(1000);
    const lost = random.below(3) === 0 ? random.below(sent + 1) : Math.min(sent, random.below(5));
    return { load: `load${i}`, sent, received: sent - lost, lost, explanations: [] };
  });
  return { writers: [], streams: [], consumers: [], deliveries, faults: [] };
}

describe('the check of core delivery', () => {
  it.each([
    { options: {}, most: undefined },
    { options: { lost: 0 }, most: { events: 0 } },
    { options: { lost: 3 }, most: { events: 3 } },
    { options: { lost: '10%' }, most: { share: 0.1 } },
  ] as { options: object; most: MostLost }[])(
    'says the same as its definition with $options',
    ({ options, most }) => {
      const params = coreDelivery.schema.parse(options);
      const verdicts = new Set<string>();
      expectAgreement(
        [{ checker: coreDelivery, params, reference: (world) => referenceCoreDelivery(world, most) }],
        200,
        (seed) => {
          const world = simulate(seed);
          verdicts.add(referenceCoreDelivery(world, most).verdict);
          return world;
        },
      );
      expect([...verdicts].sort()).toEqual(
        most === undefined ? ['pass', 'unknown'] : ['fail', 'pass', 'unknown'],
      );
    },
  );
});
