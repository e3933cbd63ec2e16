import { describe, expect, it } from 'vitest';
import { divergence } from '../../src/checkers/divergence.js';
import type { ReplicaRead, StreamFacts } from '../../src/contracts/history.js';
import { madeHistory, madeReplica, madeStream, madeWriter } from './made-history.js';
import { acknowledged, stored, without } from './made-run.js';

const all = stored(acknowledged(10));
const n1 = madeReplica('ORDERS', 'n1', all);
const n2 = madeReplica('ORDERS', 'n2', all);

const check = (replicas: readonly ReplicaRead[], config: StreamFacts['config'] = {}) =>
  divergence.check(
    madeHistory([madeWriter(0, acknowledged(10))], [], { replicas, streams: [madeStream('ORDERS', config)] }),
    {},
  );

describe('divergence', () => {
  it('passes when all replicas hold the same', () => {
    expect(check([n1, n2, madeReplica('ORDERS', 'n3', all)])).toMatchObject({
      verdict: 'pass',
      counts: { compared: 10, differing: 0, missing: 0, extra: 0 },
      sentence: '0 of 10 messages differ between replicas',
    });
  });

  it('fails for a hole, wherever it is, and for what one alone has', () => {
    const result = check([n1, n2, madeReplica('ORDERS', 'n3', without(all, 0, 4, 9))]);
    expect(result).toMatchObject({ verdict: 'fail', counts: { missing: 3 } });
    expect(result.examples[1]).toBe(
      't = +4.0 s: orders/0 #4, to cim.events.orders.Placed, acknowledged 12 ms later as ORDERS sequence 5, ORDERS sequence 5 is missing on n3, and is on n1 and n2',
    );
    const [a, b] = ['n1', 'n2'].map((node) => madeReplica('ORDERS', node, without(all, 4)));
    expect(check([a!, b!, madeReplica('ORDERS', 'n3', all)])).toMatchObject({
      verdict: 'fail',
      counts: { missing: 0, extra: 1 },
      examples: [expect.stringContaining('ORDERS sequence 5 is on n3 only')],
    });
  });

  it('fails for another payload at the same sequence', () => {
    const bent = all.map((each) => (each.sequence === 4 ? { ...each, digest: 1 } : each));
    const result = check([n1, madeReplica('ORDERS', 'n2', bent), madeReplica('ORDERS', 'n3', all)]);
    expect(result).toMatchObject({ verdict: 'fail', counts: { differing: 1, missing: 0 } });
    expect(result.examples[0]).toContain('is another message on n2 than on n1 and n3');
  });

  it('leaves open what a replica had not reached, and does not excuse a hole before', () => {
    const behind = { complete: false, gaveUp: 'still catching up' };
    expect(check([n1, n2, madeReplica('ORDERS', 'n3', all.slice(0, 7), behind)])).toMatchObject({
      verdict: 'unknown',
      counts: { notReached: 3, missing: 0 },
    });
    expect(check([n1, n2, madeReplica('ORDERS', 'n3', without(all.slice(0, 7), 2), behind)])).toMatchObject({
      verdict: 'fail',
      counts: { notReached: 3, missing: 1 },
    });
  });

  it('allows one replica to have evicted what another has not yet', () => {
    const later = [n1, madeReplica('ORDERS', 'n2', all.slice(2))];
    expect(check(later, { max_msgs: 8 })).toMatchObject({ verdict: 'pass', counts: { edge: 2 } });
    expect(check(later, { max_msgs: 9 })).toMatchObject({ verdict: 'fail', counts: { edge: 1, missing: 1 } });
    expect(check(later)).toMatchObject({ verdict: 'fail', counts: { missing: 2 } });
  });

  it('fails for a replica that holds nothing any more', () => {
    const gone = madeReplica('ORDERS', 'n3', [], { gone: true });
    expect(check([n1, n2, gone], { max_msgs: 1 })).toMatchObject({
      verdict: 'fail',
      counts: { missing: 10 },
    });
  });

  it('knows nothing of one replica alone, and asks after foreign messages', () => {
    expect(check([n1]).verdict).toBe('unknown');
    expect(check([]).verdict).toBe('unknown');
    expect(check([n1, madeReplica('ORDERS', 'n2', all, { foreign: 1 })]).verdict).toBe('unknown');
  });
});
