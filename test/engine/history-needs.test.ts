import { describe, expect, it } from 'vitest';
import { historyNeeds } from '../../src/engine/history-needs.js';

const needsOf = (...checks: readonly ['all' | 'some' | 'none', ...string[]][]) =>
  [
    ...historyNeeds({ checks: checks.map(([name]) => ({ name, params: {} })) }, (name) => ({
      ...(name === 'some' && { needs: ['reads'] as const }),
      ...(name === 'none' && { needs: [] }),
    })),
  ].sort();

describe('what is gathered for the checks of a run', () => {
  it('is nothing without checks, or for those that only look at operations', () => {
    expect(needsOf()).toEqual([]);
    expect(needsOf(['none'])).toEqual([]);
  });

  it('is what one of them looks at, and everything for one that does not say', () => {
    expect(needsOf(['some'], ['none'])).toEqual(['reads']);
    expect(needsOf(['some'], ['all'])).toEqual(['consumers', 'deliveries', 'reads', 'replicas', 'streams']);
  });
});
