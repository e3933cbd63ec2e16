import { describe, expect, it } from 'vitest';
import { immutability } from '../../src/checkers/immutability.js';
import type { History } from '../../src/contracts/history.js';
import {
  type MadeMessage,
  type MadeOperation,
  madeHistory,
  madeRead,
  madeReplica,
  madeWriter,
} from './made-history.js';
import { acknowledged, stored } from './made-run.js';

const all = stored(acknowledged(5));
const instead = (place: number, sequence: number, digest?: number): MadeMessage[] =>
  all.map((each) =>
    each.streamSequence === place ? { ...each, sequence, ...(digest !== undefined && { digest }) } : each,
  );

const check = (
  messages: readonly MadeMessage[],
  more: Partial<History> = {},
  seen: readonly MadeOperation[] = [],
) => {
  const reader = madeWriter(1, seen, {
    load: 'readers',
    subjects: ['ORDERS > worker', 'cim.events.orders.Placed'],
  });
  const writers = [madeWriter(0, acknowledged(5)), ...(seen.length > 0 ? [reader] : [])];
  return immutability.check(madeHistory(writers, [madeRead('ORDERS', messages)], more), {});
};

const delivery = (streamSequence: number, sequence: number): MadeOperation => ({
  kind: 'deliver',
  sequence: 0,
  outcome: 'ok',
  streamSequence,
  value: { writer: 0, sequence },
  doneSec: 7,
});

describe('immutability', () => {
  it('passes when everybody tells the same of each sequence', () => {
    const replicas = [madeReplica('ORDERS', 'n1', all)];
    expect(check(all, { replicas }, [delivery(2, 1)])).toMatchObject({
      verdict: 'pass',
      counts: { compared: 16, acknowledged: 0, stored: 0, delivered: 0, got: 0 },
    });
  });

  it('fails when something else stands where an event was acknowledged', () => {
    const result = check(instead(3, 4));
    expect(result).toMatchObject({ verdict: 'fail', counts: { acknowledged: 1 } });
    expect(result.sentence).toBe(
      '1 sequence has more than one payload; 1 acknowledged where something else stands',
    );
    expect(result.examples).toEqual([
      't = +2.0 s: orders/0 #2, to cim.events.orders.Placed, acknowledged 12 ms later as ORDERS sequence 3, where ORDERS holds orders/0 #4',
    ]);
  });

  it('counts a sequence once in its sentence, however many tell something else of it', () => {
    const replicas = [madeReplica('ORDERS', 'n1', instead(3, 4))];
    const result = check(instead(3, 4), { replicas }, [delivery(3, 2), delivery(3, 2)]);
    expect(result.counts).toMatchObject({ acknowledged: 1, delivered: 2 });
    expect(result.sentence).toMatch(/^1 sequence has more than one payload; /);
    expect(check(all).sentence).toBe('no sequence has more than one payload (5 comparisons)');
  });

  it('fails when two were acknowledged at one sequence, even if it is gone', () => {
    const other = madeWriter(1, [
      { sequence: 0, outcome: 'ok', streamSequence: 3, sentSec: 9, doneSec: 9.1 },
    ]);
    const messages = all.filter(({ streamSequence }) => streamSequence !== 3);
    const history = madeHistory([madeWriter(0, acknowledged(5)), other], [madeRead('ORDERS', messages)]);
    const result = immutability.check(history, {});
    expect(result).toMatchObject({ verdict: 'fail', counts: { acknowledged: 1 } });
    expect(result.examples[0]).toContain('as another write had been acknowledged');
  });

  it('lets an acknowledgement of a duplicate name the message that was there', () => {
    const twice = madeWriter(1, [{ sequence: 0, outcome: 'ok', streamSequence: 3, detail: 1 }]);
    const history = madeHistory([madeWriter(0, acknowledged(5)), twice], [madeRead('ORDERS', all)]);
    expect(immutability.check(history, {}).verdict).toBe('pass');
  });

  it('fails when a replica holds another payload', () => {
    const replicas = [madeReplica('ORDERS', 'n1', instead(3, 2, 7))];
    const result = check(all, { replicas });
    expect(result).toMatchObject({ verdict: 'fail', counts: { stored: 1, acknowledged: 0 } });
    expect(result.examples[0]).toContain(
      'ORDERS sequence 3 is orders/0 #2 in the read and orders/0 #2 with another payload in n1',
    );
  });

  it('fails when a consumer or a get was told something else, read or acknowledged there', () => {
    expect(check(all, {}, [delivery(2, 4)])).toMatchObject({
      verdict: 'fail',
      counts: { delivered: 1 },
      examples: [
        't = +7.0 s: ORDERS sequence 2 was delivered by readers/1 as orders/0 #4, and is orders/0 #1',
      ],
    });
    const gone = all.filter(({ streamSequence }) => streamSequence !== 2);
    expect(check(gone, {}, [delivery(2, 4)])).toMatchObject({ verdict: 'fail', counts: { delivered: 1 } });
    expect(check(gone, {}, [delivery(2, 1)]).verdict).toBe('pass');
    expect(check(all, {}, [{ ...delivery(2, 4), kind: 'get', subject: 1 }]).counts.got).toBe(1);
  });

  it('knows nothing where nothing is told twice', () => {
    expect(immutability.check(madeHistory([madeWriter(0, acknowledged(2))], []), {}).verdict).toBe('unknown');
    expect(immutability.check(madeHistory([], [madeRead('ORDERS', all)]), {}).verdict).toBe('unknown');
  });
});
