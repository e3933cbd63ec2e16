import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import { ackedLoss } from '../../../src/checkers/acked-loss.js';
import { divergence } from '../../../src/checkers/divergence.js';
import { duplicates } from '../../../src/checkers/duplicates.js';
import { immutability } from '../../../src/checkers/immutability.js';
import { monotonic } from '../../../src/checkers/monotonic.js';
import { order } from '../../../src/checkers/order.js';
import { unexpected } from '../../../src/checkers/unexpected.js';
import { disturbStreams } from './disturb-streams.js';
import { drawStreams } from './draw-streams.js';
import { ACKED_LOSS_PLANTERS } from './plant/acked-loss.js';
import { DIVERGENCE_PLANTERS } from './plant/divergence.js';
import { DUPLICATES_PLANTERS } from './plant/duplicates.js';
import { MONOTONIC_PLANTERS } from './plant/monotonic.js';
import { ORDER_PLANTERS } from './plant/order.js';
import { STREAM_IMMUTABILITY_PLANTERS } from './plant/stream-immutability.js';
import { UNEXPECTED_PLANTERS } from './plant/unexpected.js';
import { expectAgreement, expectFound, expectInnocence, type Proof } from './prove.js';
import { referenceAckedLoss } from './reference/acked-loss.js';
import { referenceDivergence } from './reference/divergence.js';
import { referenceDuplicates } from './reference/duplicates.js';
import { referenceImmutability } from './reference/immutability.js';
import { referenceMonotonic } from './reference/monotonic.js';
import { referenceOrder } from './reference/order.js';
import { referenceUnexpected } from './reference/unexpected.js';
import { firstSeed, RUNS_FACTOR, tryWorld } from './runs.js';
import { type Scene, simulateStreams } from './simulate-streams.js';
import { toHistory } from './world.js';

// More than in everyday use: STORMGLASS_PROOF_RUNS=20 npx vitest run test/checkers/proof (see runs.ts).

const PROOFS: readonly Proof[] = [
  { checker: ackedLoss, reference: referenceAckedLoss },
  { checker: duplicates, reference: referenceDuplicates },
  { checker: order, reference: referenceOrder },
  { checker: unexpected, reference: referenceUnexpected },
  { checker: divergence, reference: referenceDivergence },
  { checker: immutability, reference: referenceImmutability },
  { checker: monotonic, reference: referenceMonotonic },
];

function simulate(seed: number, operations: number): Scene {
  const random = seededRandom(seed, 'streams');
  return simulateStreams(random, drawStreams(random, operations));
}

describe('the checks of streams', () => {
  it('find no violation in runs that kept every promise, and say the same as their definitions', () => {
    const make = (seed: number) => simulate(seed, 2 + (seed % 14)).world;
    expectInnocence(PROOFS, 250, make);
    expectAgreement(PROOFS, 100, make);
  });

  it('call nothing lost that a limit removed, and all of it evicted or in doubt', () => {
    let removed = 0;
    for (let seed = firstSeed(); seed < firstSeed() + 200 * RUNS_FACTOR; seed++) {
      const scene = simulate(seed, 2 + (seed % 14));
      tryWorld(`seed ${seed}`, scene.world, () => {
        const { counts } = ackedLoss.check(toHistory(scene.world), {});
        if (counts.notReached! > 0) return;
        const gone = countAcknowledgedAndRemoved(scene);
        expect(counts.evicted! + counts.perhapsEvicted!).toBe(gone);
        removed += gone;
      });
    }
    expect(removed).toBeGreaterThan(100);
  });

  it.each([
    ...ACKED_LOSS_PLANTERS,
    ...DUPLICATES_PLANTERS,
    ...ORDER_PLANTERS,
    ...UNEXPECTED_PLANTERS,
    ...DIVERGENCE_PLANTERS,
    ...STREAM_IMMUTABILITY_PLANTERS,
    ...MONOTONIC_PLANTERS,
  ])('find what is planted: $check, $anomaly', (planter) => {
    const proof = PROOFS.find(({ checker }) => checker.name === planter.check)!;
    expectFound(proof, planter, (seed) => simulate(seed, 4 + (seed % 12)).world);
  });

  it('say the same as their definitions of runs in which anything may be wrong', () => {
    expectAgreement(PROOFS, 500, (seed) => {
      const { world } = simulate(seed, 1 + (seed % 11));
      disturbStreams(world, seededRandom(seed, 'disturb'));
      return world;
    });
  });
});

/** What the simulator knows: acknowledged, and no copy of it is left. */
function countAcknowledgedAndRemoved({ world, stored }: Scene): number {
  return world.writers
    .flatMap(({ writer, operations }) => operations.map((operation) => ({ writer, operation })))
    .filter(({ operation }) => operation.outcome === 'ok')
    .filter(({ writer, operation }) => {
      const copies = [...stored.values()]
        .flat()
        .filter((message) => message.writer === writer && message.sequence === operation.sequence);
      const isRead = world.streams.some(({ read }) =>
        read!.messages.some(
          (message) => message.writer === writer && message.sequence === operation.sequence,
        ),
      );
      return copies.length > 0 && !isRead;
    }).length;
}
