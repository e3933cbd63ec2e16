import { describe, expect, it } from 'vitest';
import { told } from './plugins.js';

const heard = (queue: string, threshold: string) =>
  told(`version: 1
name: shop
seed: 1
cluster: { driver: process, nodes: 1 }
events: { mix: [{ domain: orders, types: [Placed], size: 64B }] }
load:
  - { name: shop, kind: publish, rate: 10/s, for: 10s }
  - { name: pickers, kind: subscribe${queue} }
thresholds:
  pickers.${threshold}: [count == 0]
`);

describe('a threshold on what a load cannot count as it is described', () => {
  it.each(['lost', 'duplicates'])('is refused: %s of a queue group', (measure) => {
    expect(heard(', queue: pick', measure)).toEqual([
      expect.stringMatching(
        new RegExp(
          `pickers has no ${measure}: who shares what comes in a queue group cannot tell what did not`,
        ),
      ),
    ]);
    expect(heard('', measure)).toEqual([]);
  });
});
