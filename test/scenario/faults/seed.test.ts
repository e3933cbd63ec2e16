import { describe, expect, it } from 'vitest';
import { edited, plan, told } from '../plugins.js';

const faultsOf = (faults: string, seed = 1) =>
  plan(edited(['faults:\n  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }', faults]), {
    seed,
  }).faults;

describe('a fault with a seed of its own', () => {
  const drawing = 'kind: node-kill, target: one, restart-after: 1s..9s, seed: 4711';

  it('draws the same wherever it stands, and whatever the seed of the run is', () => {
    const [alone] = faultsOf(`faults: [{ at: 30s, ${drawing} }]`, 1);
    const [, second] = faultsOf(
      `faults: [{ at: 1s, kind: node-kill, target: n1, restart-after: 1s }, { at: 30s, ${drawing} }]`,
      2,
    );
    const what = ({ target, forNs, seed }: NonNullable<typeof alone>) => ({ target, forNs, seed });
    expect(what(second!)).toEqual(what(alone!));
    expect(alone?.seed).toBe(4711);
  });

  it('draws something else with another', () => {
    const drawn = Array.from({ length: 20 }, (_, seed) => {
      const [fault] = faultsOf(`faults: [{ at: 30s, ${drawing.replace('4711', String(seed))} }]`);
      return fault?.forNs;
    });
    expect(new Set(drawn).size).toBeGreaterThan(10);
  });

  it('is refused when its seed is no whole number', () => {
    const text = edited(['restart-after: 10s', 'restart-after: 10s, seed: 1.5']);
    expect(told(text)).toEqual([
      '16:72 faults[0].seed: expected a whole number from 0 to 9007199254740991, such as 42, but it is `1.5`',
    ]);
  });
});
