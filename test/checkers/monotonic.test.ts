import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monotonic } from '../../src/checkers/monotonic.js';
import type { StreamRead } from '../../src/contracts/history.js';
import { madeHistory, madeRead, madeStream, madeWriter } from './made-history.js';
import { acknowledged, stored } from './made-run.js';

type Looks = NonNullable<Parameters<typeof madeStream>[2]>;

const look = (looks: Looks, reads: readonly StreamRead[] = []) =>
  monotonic.check(madeHistory([], reads, { streams: [madeStream('ORDERS', {}, looks)] }), {});

describe('monotonic, by looks', () => {
  it('passes while a stream grows', () => {
    const result = look([
      { atSec: 0, lastSequence: 3, created: 'a', leader: 'n1' },
      { atSec: 1, lastSequence: 3, created: 'a', leader: 'n2' },
      { atSec: 2, lastSequence: 9, created: 'a', leader: 'n2' },
    ]);
    expect(result).toMatchObject({
      verdict: 'pass',
      sentence: 'no sequence fell and no stream vanished in 3 looks and 0 acknowledgements',
    });
  });

  it('fails when it vanishes, at a look or when it is to be read', () => {
    const looks = [
      { atSec: 0, lastSequence: 3, created: 'a' },
      { atSec: 1, exists: false },
    ];
    expect(look(looks)).toMatchObject({
      verdict: 'fail',
      counts: { vanished: 1 },
      examples: ['t = +1.0 s: ORDERS was no more'],
    });
    expect(look(looks.slice(0, 1), [madeRead('ORDERS', [], { gone: true })]).counts.vanished).toBe(1);
    expect(look(looks, [madeRead('ORDERS', [], { gone: true })]).counts.vanished).toBe(1);
    expect(look([...looks].reverse().map((each, atSec) => ({ ...each, atSec }))).verdict).toBe('pass');
  });

  it('leaves open what a server said that did not know better', () => {
    const looks = [
      { atSec: 0, lastSequence: 3, created: 'a' },
      { atSec: 1, exists: false },
      { atSec: 2, lastSequence: 3, created: 'a' },
    ];
    expect(look(looks)).toMatchObject({ verdict: 'unknown', counts: { vanished: 0, saidGone: 1 } });
  });

  it('fails when it was created anew', () => {
    const looks = [
      { atSec: 0, lastSequence: 3, created: 'a' },
      { atSec: 1, lastSequence: 1, created: 'b' },
    ];
    expect(look(looks)).toMatchObject({ verdict: 'fail', counts: { createdAnew: 1, fell: 0 } });
  });

  it('fails when its last sequence falls, and allows a new leader to come late', () => {
    const looks = [
      { atSec: 0, lastSequence: 8, leader: 'n1' },
      { atSec: 1, lastSequence: 5, leader: 'n1' },
      { atSec: 2, lastSequence: 9, leader: 'n1' },
    ];
    expect(look(looks)).toMatchObject({ verdict: 'fail', counts: { fell: 1 } });
    const elected = looks.map((each) => ({ ...each, leader: each.atSec === 0 ? 'n1' : 'n2' }));
    expect(look(elected)).toMatchObject({ verdict: 'pass', counts: { fell: 0, lateLeader: 1 } });
    expect(look(elected.slice(0, 2))).toMatchObject({ verdict: 'fail', counts: { fell: 1 } });
  });

  it('knows nothing of a stream that nobody saw', () => {
    expect(look([]).verdict).toBe('unknown');
    const history = madeHistory([madeWriter(0, acknowledged(3))], []);
    expect(monotonic.check(history, {})).toMatchObject({ verdict: 'unknown' });
  });
});

describe('monotonic, by acknowledgements', () => {
  it('fails for one that was sent when a higher sequence was known', () => {
    const other = madeWriter(1, [{ sequence: 0, outcome: 'ok', streamSequence: 2, sentSec: 3, doneSec: 9 }]);
    const operations = acknowledged(5);
    const history = madeHistory([madeWriter(0, operations), other], [madeRead('ORDERS', stored(operations))]);
    const result = monotonic.check(history, {});
    expect(result).toMatchObject({ verdict: 'fail', counts: { acknowledgedLower: 1 } });
    expect(result.examples[0]).toContain('was sent when ORDERS sequence 3 was known already');
  });

  it('says the same as who holds every one against every other', () => {
    const operation = fc.record({
      sentSec: fc.nat(12),
      took: fc.integer({ min: 1, max: 4 }),
      place: fc.integer({ min: 1, max: 12 }),
      isDuplicate: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 12 }),
        fc.array(fc.nat(12), { maxLength: 3 }),
        (all, lasts) => {
          const operations = all.map(({ sentSec, took, place, isDuplicate }, sequence) => ({
            ...{ sequence, outcome: 'ok' as const, streamSequence: place, detail: isDuplicate ? 1 : 0 },
            ...{ sentSec: sentSec / 4 + 1, doneSec: (sentSec + took) / 4 + 1 },
          }));
          const looks = lasts.map((lastSequence, atSec) => ({ atSec: atSec + 1, lastSequence }));
          const claims = operations.filter(({ detail }) => detail === 0);
          const known = [
            ...claims.map(({ doneSec, streamSequence }) => ({ sec: doneSec, place: streamSequence })),
            ...lasts.slice(0, -1).map((place, i) => ({ sec: i + 2, place })),
          ];
          const lower = claims.filter(({ sentSec, streamSequence }) =>
            known.some(({ sec, place }) => sec < sentSec && place >= streamSequence && place > 0),
          );
          const history = madeHistory([madeWriter(0, operations)], [], {
            streams: [madeStream('ORDERS', {}, looks)],
          });
          expect(monotonic.check(history, {}).counts.acknowledgedLower).toBe(lower.length);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
