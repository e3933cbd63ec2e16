import { describe, expect, it } from 'vitest';
import { AgentRandom } from '../../../src/generators/agents/agent-random.js';

describe('the random streams of agents', () => {
  it('are the same for the same seed, and others for another', () => {
    const [a, again, other] = [new AgentRandom(1, 2), new AgentRandom(1, 2), new AgentRandom(3, 2)];
    const draws = (random: AgentRandom) => Array.from({ length: 20 }, (_, n) => random.at(7, n));
    expect(draws(a)).toEqual(draws(again));
    expect(draws(a).filter((value, n) => value === draws(other)[n])).toEqual([]);
  });

  it('spread evenly, along a stream and across agents', () => {
    const random = new AgentRandom(42, 43);
    for (const at of [(i: number) => random.at(5, i), (i: number) => random.at(i, 0)]) {
      const buckets = new Float64Array(64);
      for (let i = 0; i < 64_000; i++) buckets[Math.floor(at(i) * 64)]!++;
      const chiSquare = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      // 63 degrees of freedom: above 110 once in ten thousand seeds, and this seed is fixed.
      expect(chiSquare).toBeLessThan(110);
    }
  });

  it('have nothing to do with each other: neighbours, and one number after the other', () => {
    const random = new AgentRandom(1, 2);
    const correlation = (x: (i: number) => number, y: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < 20_000; i++) sum += (x(i) - 0.5) * (y(i) - 0.5);
      return (sum / 20_000) * 12;
    };
    expect(
      Math.abs(
        correlation(
          (i) => random.at(3, i),
          (i) => random.at(4, i),
        ),
      ),
    ).toBeLessThan(0.03);
    expect(
      Math.abs(
        correlation(
          (i) => random.at(3, i),
          (i) => random.at(3, i + 1),
        ),
      ),
    ).toBeLessThan(0.03);
    expect(
      Math.abs(
        correlation(
          (i) => random.at(i, 0),
          (i) => random.at(i, 1),
        ),
      ),
    ).toBeLessThan(0.03);
  });
});
