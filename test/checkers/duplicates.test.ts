import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { duplicates } from '../../src/checkers/duplicates.js';
import { madeHistory, madeRead, madeStream, madeWriter } from './made-history.js';
import { acknowledged, stored } from './made-run.js';

/** Ten events, a second apart, and #2 once more behind them, before #9. */
const check = (windowNs: number, messageIds: boolean, complete = true) => {
  const operations = acknowledged(10).map((each) =>
    each.sequence < 9 ? each : { ...each, streamSequence: 11 },
  );
  const messages = [
    ...stored(operations).slice(0, 9),
    { writer: 0, sequence: 2, streamSequence: 10 },
    ...stored(operations).slice(9),
  ];
  const writer = { ...madeWriter(0, operations), messageIds };
  return duplicates.check(
    madeHistory([writer], [madeRead('ORDERS', messages, { complete })], {
      streams: [madeStream('ORDERS', { duplicate_window: windowNs })],
    }),
    {},
  );
};

describe('duplicates', () => {
  it('passes when everything stands there once', () => {
    const operations = acknowledged(5);
    const read = [madeRead('ORDERS', stored(operations))];
    expect(duplicates.check(madeHistory([madeWriter(0, operations)], read), {}).verdict).toBe('pass');
    expect(duplicates.check(madeHistory([madeWriter(0, operations)], []), {}).verdict).toBe('unknown');
  });

  it('fails for an id that the stream must have known', () => {
    const result = check(60 * NS.s, true);
    expect(result).toMatchObject({ verdict: 'fail', counts: { read: 10, duplicatedWithinWindow: 1 } });
    expect(result.sets).toEqual([
      { name: 'duplicated within the window', meaning: 'violation', count: 1, overTime: [[2, 1]] },
    ]);
    expect(result.examples[0]).toContain(
      'stands in ORDERS at sequence 3 and at 10, stored within 7.01 s, and its id is known for 60 s',
    );
  });

  it('allows what came when the id was forgotten, and what has none', () => {
    expect(check(2 * NS.s, true)).toMatchObject({ verdict: 'pass', counts: { duplicatedBeyondWindow: 1 } });
    expect(check(60 * NS.s, false)).toMatchObject({
      verdict: 'pass',
      counts: { duplicatedWithoutId: 1 },
      sentence:
        '0 of 10 events duplicated within the dedupe window; 1 duplicated (allowed: without message ids)',
    });
  });

  it('leaves open what may have been within the window, and what was not read', () => {
    expect(check(6.5 * NS.s, true)).toMatchObject({
      verdict: 'unknown',
      counts: { duplicatedAtUnknownTime: 1 },
    });
    expect(check(2 * NS.s, true, false).verdict).toBe('unknown');
  });

  it('counts what was acknowledged as a duplicate, which is no second message', () => {
    const operations = acknowledged(3).map((each) => ({ ...each, detail: 1 }));
    const result = duplicates.check(
      madeHistory([madeWriter(0, operations)], [madeRead('ORDERS', stored(operations))]),
      {},
    );
    expect(result).toMatchObject({ verdict: 'pass', counts: { acknowledgedAsDuplicate: 3 } });
  });
});
