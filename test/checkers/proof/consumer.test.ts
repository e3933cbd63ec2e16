import { describe, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { seededRandom } from '../../../src/base/random.js';
import { consumer } from '../../../src/checkers/consumer.js';
import { immutability } from '../../../src/checkers/immutability.js';
import { CONSUMER_FLOOR_PLANTERS } from './plant/consumer-floor.js';
import { DELIVERY_IMMUTABILITY_PLANTERS } from './plant/delivery-immutability.js';
import { MISSING_DELIVERY_PLANTERS } from './plant/missing-deliveries.js';
import { REDELIVERY_PLANTERS } from './plant/redeliveries.js';
import { expectAgreement, expectFound, expectInnocence, type Proof } from './prove.js';
import { referenceConsumer } from './reference/consumer.js';
import { referenceImmutability } from './reference/immutability.js';
import { simulateConsumer } from './simulate-consumer.js';
import type { World } from './world.js';

// More than in everyday use: STORMGLASS_PROOF_RUNS=20 npx vitest run test/checkers/proof (see runs.ts).

const PROOFS: readonly Proof[] = [
  { checker: consumer, reference: referenceConsumer },
  { checker: immutability, reference: referenceImmutability },
];

function simulate(seed: number, messages: number): World {
  const random = seededRandom(seed, 'consumer');
  const isWorkQueue = random.next() < 0.3;
  return simulateConsumer(random, {
    ...{ messages, connections: 1 + random.below(2), isWorkQueue, confirms: random.next() < 0.6 },
    config: {
      ack_policy: isWorkQueue ? 'explicit' : random.pick(['explicit', 'explicit', 'all', 'none']),
      deliver_policy: 'all',
      ack_wait: (60 + random.below(60)) * NS.ms,
      max_deliver: random.pick([-1, -1, 3]),
      num_replicas: random.pick([1, 3]),
    },
    lost: random.pick([0, 0.1]),
    unanswered: random.pick([0, 0.1]),
    refused: random.pick([0, 0.1]),
  });
}

describe('the check of consumers', () => {
  it('finds no violation in runs that kept every promise, and says the same as its definition', () => {
    const make = (seed: number) => simulate(seed, 1 + (seed % 12));
    expectInnocence(PROOFS, 300, make);
    expectAgreement(PROOFS, 150, make);
  });

  it.each([
    ...MISSING_DELIVERY_PLANTERS,
    ...REDELIVERY_PLANTERS,
    ...CONSUMER_FLOOR_PLANTERS,
    ...DELIVERY_IMMUTABILITY_PLANTERS,
  ])('finds what is planted: $check, $anomaly', (planter) => {
    const proof = PROOFS.find(({ checker }) => checker.name === planter.check)!;
    expectFound(proof, planter, (seed) => simulate(seed, 4 + (seed % 8)));
  });
});
