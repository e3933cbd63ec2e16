import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { seededRandom } from '../../../src/base/random.js';
import { immutability } from '../../../src/checkers/immutability.js';
import { kvLinearizable } from '../../../src/checkers/kv-linearizable.js';
import { staleReads } from '../../../src/checkers/stale-reads.js';
import { disturbBuckets } from './disturb-buckets.js';
import { BUCKET_IMMUTABILITY_PLANTERS } from './plant/bucket-immutability.js';
import { LINEARIZABLE_PLANTERS } from './plant/linearizable.js';
import { STALE_READS_PLANTERS } from './plant/stale-reads.js';
import { expectAgreement, expectFound, expectInnocence, type Proof } from './prove.js';
import { referenceImmutability } from './reference/immutability.js';
import { referenceKvLinearizable } from './reference/kv-linearizable.js';
import { referenceStaleReads } from './reference/stale-reads.js';
import { simulateBucket } from './simulate-bucket.js';
import type { World } from './world.js';

// More than in everyday use: STORMGLASS_PROOF_RUNS=20 npx vitest run test/checkers/proof (see runs.ts).

const WITHIN_NS = 500 * NS.ms;
const LINEARIZABLE: Proof = { checker: kvLinearizable, reference: referenceKvLinearizable };
const STALE: Proof = {
  checker: staleReads,
  params: { within: WITHIN_NS },
  reference: (world) => referenceStaleReads(world, WITHIN_NS),
};
const IMMUTABLE: Proof = { checker: immutability, reference: referenceImmutability };
const PROOFS = [LINEARIZABLE, STALE, IMMUTABLE];

/** @param staleNs how far behind a replica may answer */
function simulate(seed: number, operations: number, staleNs: number): World {
  const random = seededRandom(seed, 'bucket');
  const { world } = simulateBucket(random, {
    ...{ operations, clients: 1 + random.below(3), keys: 1 + random.below(3) },
    ...{ staleNs, unanswered: random.pick([0, 0.15]) },
  });
  if (staleNs > 0) Object.assign(world.streams[0]!.config, { allow_direct: true, num_replicas: 3 });
  return world;
}

describe('the checks of buckets', () => {
  it('find no violation in runs that kept every promise, and say the same as their definitions', () => {
    const make = (seed: number) => simulate(seed, 2 + (seed % 12), seed % 2 === 0 ? 0 : 60 * NS.ms);
    expectInnocence(PROOFS, 400, make);
    expectAgreement(PROOFS, 200, make);
  });

  it('call no get of a replica a violation, and count every one that was stale, and how stale', () => {
    let stale = 0;
    expectAgreement([STALE], 200, (seed) => {
      const world = simulate(seed, 12, 100 * NS.ms);
      stale += referenceStaleReads(world, undefined).counts.stale!;
      return world;
    });
    expect(stale).toBeGreaterThan(20);
  });

  it.each([...LINEARIZABLE_PLANTERS, ...STALE_READS_PLANTERS, ...BUCKET_IMMUTABILITY_PLANTERS])(
    'find what is planted: $check, $anomaly',
    (planter) => {
      const proof = PROOFS.find(({ checker }) => checker.name === planter.check)!;
      expectFound(proof, planter, (seed) => simulate(seed, 4 + (seed % 10), 0));
    },
  );

  it('say the same as their definitions of runs in which anything may be wrong', () => {
    expectAgreement(PROOFS, 600, (seed) => {
      const world = simulate(seed, 1 + (seed % 9), seed % 3 === 0 ? 50 * NS.ms : 0);
      disturbBuckets(world, seededRandom(seed, 'disturb'));
      return world;
    });
  });
});
