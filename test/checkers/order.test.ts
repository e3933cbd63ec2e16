import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { order } from '../../src/checkers/order.js';
import type { History } from '../../src/contracts/history.js';
import {
  type MadeOperation,
  madeHistory,
  madeRead,
  madeStream,
  madeWriter,
  START_NS,
} from './made-history.js';
import { acknowledged, stored } from './made-run.js';

/** The stream holds the operations in this order. */
const check = (
  operations: readonly MadeOperation[],
  places: readonly number[],
  more: Partial<History> = {},
  subjects = ['cim.events.orders.A', 'cim.events.orders.B'],
) => {
  const messages = places.map((sequence, i) => ({ writer: 0, sequence, streamSequence: i + 1 }));
  return order.check(
    madeHistory([madeWriter(0, operations, { subjects })], [madeRead('ORDERS', messages)], more),
    {},
  );
};

/** All sent before the first is acknowledged. */
const pipelined = (count: number): MadeOperation[] =>
  acknowledged(count).map((each) => ({ ...each, sentSec: each.sequence / 1000, doneSec: 1 }));

describe('order', () => {
  it('passes when each subject has its events in order, whatever stands between', () => {
    const operations = acknowledged(6).map((each) => ({ ...each, subject: each.sequence % 2 }));
    expect(check(operations, [0, 1, 2, 3, 4, 5])).toMatchObject({ verdict: 'pass', counts: { judged: 4 } });
    expect(check(operations, [1, 0, 3, 5, 2, 4])).toMatchObject({ verdict: 'pass' });
  });

  it('fails for what stands behind what was sent after its acknowledgement', () => {
    const result = check(acknowledged(5), [0, 2, 1, 3, 4]);
    expect(result).toMatchObject({ verdict: 'fail', counts: { afterAcknowledged: 1, pipelined: 0 } });
    expect(result.examples).toEqual([
      't = +1.0 s: orders/0 #1, to cim.events.orders.A, acknowledged 12 ms later as ORDERS sequence 2, stands in ORDERS behind #2 of this writer, which was sent after it had been acknowledged',
    ]);
    expect(check(acknowledged(5), [4, 0, 1, 2, 3]).counts.afterAcknowledged).toBe(4);
  });

  it('fails for pipelined ones, unless the leader may have changed', () => {
    expect(check(pipelined(3), [1, 0, 2])).toMatchObject({ verdict: 'fail', counts: { pipelined: 1 } });
    const fault = { id: 'k', kind: 'node-kill', targets: [], fromNs: START_NS, toNs: START_NS + NS.s };
    expect(check(pipelined(3), [1, 0, 2], { faults: [fault] })).toMatchObject({
      verdict: 'unknown',
      counts: { pipelinedInElection: 1 },
    });
    const looks = [
      { atSec: 0, leader: 'n1' },
      { atSec: 2, leader: 'n2' },
    ];
    const streams = [madeStream('ORDERS', {}, looks)];
    expect(check(pipelined(3), [1, 0, 2], { streams }).verdict).toBe('unknown');
  });

  it('asks nothing of one that nobody acknowledged, and takes the first of two copies', () => {
    const open = acknowledged(3).map((each) =>
      each.sequence === 0 ? { ...each, outcome: 'unknown' as const, streamSequence: 0 } : each,
    );
    expect(check(open, [1, 0, 2]).verdict).toBe('pass');
    expect(check(acknowledged(3), [0, 1, 2, 0]).verdict).toBe('pass');
  });

  it('knows nothing when there is nothing to put in order', () => {
    expect(check(acknowledged(1), [0]).verdict).toBe('unknown');
    expect(order.check(madeHistory([madeWriter(0, acknowledged(3))], []), {}).verdict).toBe('unknown');
    const read = madeRead('ORDERS', stored(acknowledged(3)), { complete: false });
    expect(order.check(madeHistory([madeWriter(0, acknowledged(3))], [read]), {}).verdict).toBe('unknown');
  });
});
