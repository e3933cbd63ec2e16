import { describe, expect, it } from 'vitest';
import { electMetaLeader } from '../../src/nats/leaders.js';

const page = (leader?: string) => ({ meta_cluster: { cluster_size: 3, ...(leader ? { leader } : {}) } });

describe('electMetaLeader', () => {
  it('believes the majority over a node that was cut off', () => {
    expect(electMetaLeader([page('n1'), page('n2'), page('n2')])).toBe('n2');
  });

  it('knows no leader when half of the nodes know none, or they disagree', () => {
    expect(electMetaLeader([page('n1'), page()])).toBeUndefined();
    expect(electMetaLeader([page('n1'), page('n2')])).toBeUndefined();
    expect(electMetaLeader([])).toBeUndefined();
  });

  it('knows no leader where JetStream is not clustered', () => {
    expect(electMetaLeader([{}])).toBeUndefined();
  });
});
