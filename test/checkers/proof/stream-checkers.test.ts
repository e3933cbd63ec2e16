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
import { STREAM_PLANTERS } from './plant-in-streams.js';
import { ask, expectAgreement, type Proof } from './prove.js';
import { referenceAckedLoss } from './reference/acked-loss.js';
import { referenceDivergence } from './reference/divergence.js';
import { referenceDuplicates } from './reference/duplicates.js';
import { referenceImmutability } from './reference/immutability.js';
import { referenceMonotonic } from './reference/monotonic.js';
import { referenceOrder } from './reference/order.js';
import { referenceUnexpected } from './reference/unexpected.js';
import { forWorlds } from './runs.js';
import { type Scene, simulateStreams } from './simulate-streams.js';

// STORMGLASS_PROOF_RUNS=20 npx vitest run test/checkers/proof: twenty times as many histories; see runs.ts.

const PROOFS: readonly Proof[] = [
  { checker: ackedLoss, reference: referenceAckedLoss },
  { checker: duplicates, reference: referenceDuplicates },
  { checker: order, reference: referenceOrder },
  { checker: unexpected, reference: referenceUnexpected },
  { checker: divergence, reference: referenceDivergence },
  { checker: immutability, reference: referenceImmutability },
  { checker: monotonic, reference: referenceMonotonic },
];

const proofOf = (check: string): Proof => PROOFS.find(({ checker }) => checker.name === check)!;

const sceneOf = (seed: number): Scene => simulate(seed, 2 + (seed % 14));

const simulate = (seed: number, operations: number): Scene => {
  const random = seededRandom(seed, 'streams');
  return simulateStreams(random, drawStreams(random, operations));
};

describe('on runs that kept every promise', () => {
  it.each(PROOFS)('$checker.name finds nothing, and says the same as its definition', (proof) => {
    expectAgreement(proof, 200, (seed) => sceneOf(seed).world);
    forWorlds(200, sceneOf, ({ world }) => expect(ask(proof, world).verdict).not.toBe('fail'));
  });

  it('nothing that a limit removed is called lost, and all of it is evicted or in doubt', () => {
    let removed = 0;
    forWorlds(300, sceneOf, ({ world, stored }) => {
      const gone = world.streams.flatMap(({ name, read }) => {
        const isThere = ({ writer, sequence }: { writer: number; sequence: number }) =>
          read!.messages.some((one) => one.writer === writer && one.sequence === sequence);
        const stamps = stored.get(name)!.filter((message) => !isThere(message));
        return stamps.filter(({ writer, sequence }, i) => {
          const operation = world.writers[writer]!.operations.find((one) => one.sequence === sequence)!;
          const isFirst = stamps.findIndex((one) => one.writer === writer && one.sequence === sequence) === i;
          return operation.outcome === 'ok' && isFirst;
        });
      });
      const { counts } = ask(proofOf('acked-loss'), world);
      if (counts.notReached === 0) {
        removed += gone.length;
        expect(counts.evicted! + counts.perhapsEvicted!).toBe(gone.length);
      }
    });
    expect(removed).toBeGreaterThan(100);
  });
});

describe('a planted anomaly is found, as what it is, and as often as it is there', () => {
  it.each(STREAM_PLANTERS)('$check: $anomaly', ({ check, plant }) => {
    const proof = proofOf(check);
    let planted = 0;
    const make = (seed: number) => simulate(seed, 4 + (seed % 12));
    forWorlds(250, make, ({ world }, seed) => {
      const before = ask(proof, world);
      const grown = plant(world, seededRandom(seed, 'plant'));
      if (grown === undefined || before.verdict === 'fail') return;
      planted++;
      const after = ask(proof, world);
      const change = Object.fromEntries(
        Object.keys(grown).map((name) => [name, after.counts[name]! - before.counts[name]!]),
      );
      expect(change).toEqual(grown);
      const isViolation = after.sets.some(({ meaning, count }) => meaning === 'violation' && count > 0);
      expect(after.verdict).toBe(isViolation ? 'fail' : after.said.verdict);
      expect(after.counts).toEqual(after.said.counts);
    });
    expect(planted).toBeGreaterThan(5);
  });
});

describe('on runs where anything may be wrong', () => {
  it.each(PROOFS)('$checker.name says the same as its definition', (proof) => {
    expectAgreement(proof, 1000, (seed) => {
      const { world } = simulate(seed, 1 + (seed % 11));
      disturbStreams(world, seededRandom(seed, 'disturb'));
      return world;
    });
  });
});
