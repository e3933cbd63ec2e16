import { describe, expect, it } from 'vitest';
import { unexpected } from '../../src/checkers/unexpected.js';
import { type MadeOperation, madeHistory, madeRead, madeReplica, madeWriter } from './made-history.js';
import { acknowledged, stored } from './made-run.js';

const refused: MadeOperation = {
  sequence: 3,
  outcome: 'failed',
  reason: 'no responders',
  sentSec: 3,
  doneSec: 3.5,
};

describe('unexpected', () => {
  it('passes when everything that is there was sent, whoever else wrote', () => {
    const operations: MadeOperation[] = [...acknowledged(3), { sequence: 3, outcome: 'unknown' }];
    const others = [{ writer: 9, sequence: 0, streamSequence: 5 }];
    const messages = [...stored(acknowledged(4)), ...others];
    const read = madeRead('ORDERS', messages, { foreign: 2 });
    expect(unexpected.check(madeHistory([madeWriter(0, operations)], [read]), {})).toMatchObject({
      verdict: 'pass',
      counts: { messages: 5, neverSent: 0, refused: 0, strangers: 1, foreign: 2 },
      sentence: '0 of 5 messages unexpected; 3 messages of others (allowed)',
    });
  });

  it('fails for what was refused, and for what was never sent, wherever it is seen', () => {
    const operations = [...acknowledged(3), refused];
    const messages = stored(acknowledged(5));
    const history = madeHistory([madeWriter(0, operations)], [madeRead('ORDERS', messages)], {
      replicas: [madeReplica('ORDERS', 'n1', messages)],
    });
    const result = unexpected.check(history, {});
    expect(result).toMatchObject({ verdict: 'fail', counts: { messages: 10, neverSent: 2, refused: 2 } });
    expect(result.examples).toEqual([
      'the stamp orders/0 #4, which was never sent, in ORDERS at sequence 5',
      'the stamp orders/0 #4, which was never sent, in ORDERS on n1 at sequence 5',
      't = +3.0 s: orders/0 #3, to cim.events.orders.Placed, no responders, in ORDERS at sequence 4',
      't = +3.0 s: orders/0 #3, to cim.events.orders.Placed, no responders, in ORDERS on n1 at sequence 4',
    ]);
    expect(result.sets.map(({ name, count }) => [name, count])).toEqual([
      ['never sent', 2],
      ['refused, and there', 2],
    ]);
  });

  it('looks at what consumers are given, and at stamps of operations that send nothing', () => {
    const reader = madeWriter(
      1,
      [
        {
          kind: 'deliver',
          sequence: 0,
          outcome: 'ok',
          streamSequence: 9,
          value: { writer: 1, sequence: 0 },
          doneSec: 4,
        },
      ],
      { subjects: ['ORDERS > worker'], load: 'readers' },
    );
    const result = unexpected.check(madeHistory([madeWriter(0, acknowledged(1)), reader], []), {});
    expect(result).toMatchObject({ verdict: 'fail', counts: { messages: 1, neverSent: 1 } });
    expect(result.examples).toEqual([
      't = +4.0 s, the stamp readers/1 #0, which was never sent, delivered by ORDERS > worker as sequence 9',
    ]);
  });

  it('does not take for never sent what a history that was cut short may have held', () => {
    const writer = madeWriter(0, acknowledged(3), { complete: false });
    const history = madeHistory([writer], [madeRead('ORDERS', stored(acknowledged(4)))]);
    expect(unexpected.check(history, {})).toMatchObject({ verdict: 'unknown', counts: { perhapsSent: 1 } });
  });

  it('knows nothing of what was not read', () => {
    const writers = [madeWriter(0, acknowledged(3))];
    expect(unexpected.check(madeHistory(writers, []), {}).verdict).toBe('unknown');
    const half = madeRead('ORDERS', stored(acknowledged(2)), { complete: false, gaveUp: 'no leader' });
    expect(unexpected.check(madeHistory(writers, [half]), {})).toMatchObject({
      verdict: 'unknown',
      sentence: '0 of 2 messages unexpected, as far as known: reading ORDERS gave up: no leader',
    });
  });
});
