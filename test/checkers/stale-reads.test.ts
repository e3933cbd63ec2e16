import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { staleReads } from '../../src/checkers/stale-reads.js';
import { type MadeOperation, madeHistory, madeStream, madeWriter } from './made-history.js';

const KEYS = ['$KV.b.k0', '$KV.b.k1'];

const put = (revision: number, sentSec: number, doneSec: number, subject = 0): MadeOperation => ({
  ...{ kind: 'put', sequence: 0, outcome: 'ok', streamSequence: revision, sentSec, doneSec, subject },
});
const get = (revision: number, sentSec: number, doneSec: number, subject = 0): MadeOperation => ({
  ...put(revision, sentSec, doneSec, subject),
  kind: 'get',
});

function check(writers: readonly (readonly MadeOperation[])[], params = {}, config = {}) {
  const history = madeHistory(
    writers.map((operations, writer) =>
      madeWriter(
        writer,
        operations.map((each, sequence) => ({ ...each, sequence })),
        { load: 'kv', subjects: KEYS },
      ),
    ),
    [],
    { streams: [madeStream('KV_b', config)], streamOf: () => 'KV_b' },
  );
  return staleReads.check(history, params);
}

const writes = [put(1, 0, 1), put(2, 2, 3), put(3, 4, 5), put(4, 6, 9)];

describe('stale-reads', () => {
  it('is unknown without a get', () => {
    expect(check([writes])).toMatchObject({
      verdict: 'unknown',
      sentence: '0 of 0 gets were stale; no get was answered',
    });
  });

  it('passes, and says how stale', () => {
    const result = check([
      writes,
      [get(4, 7, 8), get(3, 8, 8.5), get(2, 8.25, 8.75), get(1, 8.5, 9), get(0, 9.5, 9.75)],
    ]);
    expect(result).toMatchObject({
      verdict: 'pass',
      sentence: '3 of 5 gets were stale: 5.5 s at the median, 8.5 s and 4 revisions at worst',
      counts: {
        gets: 5,
        stale: 3,
        medianNs: 5.5 * NS.s,
        worstNs: 8.5 * NS.s,
        medianRevisions: 2,
        worstRevisions: 4,
      },
    });
    expect(result.sets.find(({ name }) => name === 'stale gets')).toMatchObject({
      meaning: 'allowed',
      count: 3,
    });
    expect(result.examples[0]).toBe(
      't = +8.3 s: kv/1 #2 get $KV.b.k0, read revision 2 500 ms later, stale for 3.25 s (1 revisions behind)',
    );
  });

  it('counts nothing that was acknowledged only after the get was sent, nor of another key', () => {
    expect(check([writes, [get(3, 8.9, 10), get(0, 8, 9, 1)]]).counts).toMatchObject({ gets: 2, stale: 0 });
  });

  it('fails only beyond what it is told', () => {
    const gets = [get(2, 8.25, 8.75), get(1, 8.5, 9)];
    expect(check([writes, gets], { within: 5.5 * NS.s })).toMatchObject({ verdict: 'pass' });
    expect(check([writes, gets], { within: 4 * NS.s })).toMatchObject({
      verdict: 'fail',
      sentence:
        '2 of 2 gets were stale, 1 of them by more than 4 s: 5.5 s at the median, 5.5 s and 2 revisions at worst',
      counts: { stale: 2, tooStale: 1 },
    });
  });

  it('does not judge a miss where values expire', () => {
    expect(check([writes, [get(0, 9.5, 9.75)]], {}, { max_age: NS.s }).counts).toMatchObject({
      gets: 0,
      stale: 0,
    });
  });

  it('counts what one writer read older than before, as far as one get was over before the other', () => {
    const counted = (...gets: MadeOperation[]) => check([writes, gets]).counts.notMonotonic;
    expect(counted(get(3, 6, 7), get(2, 8, 9))).toBe(1);
    expect(counted(get(3, 6, 7), get(2, 6.5, 9))).toBe(0);
    expect(counted(get(3, 6, 7), get(2, 8, 9, 1))).toBe(0);
    expect(check([writes, [get(3, 6, 7)], [get(2, 8, 9)]]).counts.notMonotonic).toBe(0);
  });
});
