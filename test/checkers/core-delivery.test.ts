import { describe, expect, it } from 'vitest';
import { coreDelivery } from '../../src/checkers/core-delivery.js';
import type { CoreDelivery } from '../../src/contracts/history.js';
import { madeHistory } from './made-history.js';

const delivery = (more: Partial<CoreDelivery> = {}): CoreDelivery => ({
  load: 'firehose',
  sent: 1000,
  received: 990,
  lost: 10,
  explanations: ['the monitor was blind for 2 s'],
  ...more,
});

const check = (deliveries: readonly CoreDelivery[], options: unknown = {}) =>
  coreDelivery.check(madeHistory([], [], { deliveries }), coreDelivery.schema.parse(options));

describe('core-delivery', () => {
  it('is unknown when nothing was sent', () => {
    expect(check([])).toMatchObject({
      verdict: 'unknown',
      sentence: 'no event was sent that no stream captures',
    });
  });

  it('counts and explains what was lost, and does not fail for it', () => {
    expect(check([delivery(), delivery({ load: 'other', lost: 0, received: 1000 })])).toEqual({
      name: 'core-delivery',
      verdict: 'pass',
      sentence: '10 of 2,000 core events lost: the monitor was blind for 2 s',
      counts: { sent: 2000, received: 1990, lost: 10, loadsBeyond: 0 },
      sets: [{ name: 'core events lost', meaning: 'allowed', count: 10, overTime: [] }],
      examples: ['firehose: 10 of 1,000 lost, 990 received: the monitor was blind for 2 s'],
    });
    expect(check([delivery({ explanations: [] })]).sentence).toBe(
      '10 of 1,000 core events lost, for no reason that was seen',
    );
  });

  it('fails a load that loses more than it may, as a number or a share', () => {
    expect(check([delivery()], { lost: 10 }).verdict).toBe('pass');
    expect(check([delivery()], { lost: '1%' }).verdict).toBe('pass');
    expect(check([delivery(), delivery({ load: 'other', lost: 2 })], { lost: 9 })).toMatchObject({
      verdict: 'fail',
      sentence: '12 of 2,000 core events lost, of firehose more than 9: the monitor was blind for 2 s',
      counts: { loadsBeyond: 1 },
      sets: [
        { meaning: 'violation', count: 10 },
        { meaning: 'allowed', count: 2 },
      ],
    });
    expect(check([delivery()], { lost: '0.9%' })).toMatchObject({ verdict: 'fail' });
    expect(check([delivery()], { lost: 0 })).toMatchObject({ verdict: 'fail' });
  });

  it('reads a number or a percentage, and nothing else', () => {
    for (const lost of ['some', -1, 0.5]) {
      expect(coreDelivery.schema.safeParse({ lost }).error?.issues[0]?.message).toContain(
        'expected how many may be lost',
      );
    }
  });
});
