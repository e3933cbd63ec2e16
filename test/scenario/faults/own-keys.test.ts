import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../../src/app/plugins.js';
import { entryShape, faultShape, mixShape, stepShape } from '../../../src/scenario/faults/fault-schema.js';
import { planned, wrongWith } from './planned-faults.js';

describe('the keys of a kind of fault', () => {
  const common = [entryShape, faultShape, mixShape, stepShape].flatMap((shape) => Object.keys(shape));

  it.each(FAULT_KINDS.map((kind) => [kind.kind, kind] as const))(
    'are none that all faults have: %s',
    (_, { schema }) => {
      expect(Object.keys(schema.shape).filter((key) => [...common, 'kind'].includes(key))).toEqual([]);
    },
  );
});

describe("pages of the run's monitor", () => {
  const outage = (pages: string): string => `- { at: 20s, for: 5s, kind: scrape-outage, pages: ${pages} }`;

  it('are those that there are', () => {
    expect(wrongWith(outage('2'))).toEqual([
      'faults[0].pages: there is no page 2: there is one monitor → `monitor.partitions` says how many there are.',
    ]);
    expect(wrongWith(outage('[1, 4]'), 'monitor: { partitions: 3 }\n')).toEqual([
      'faults[0].pages: there is no page 4: there are 3 monitors → `monitor.partitions` says how many there are.',
    ]);
    const [fault] = planned(outage('[1, 3]'), {}, 'monitor: { partitions: 3 }\n');
    expect(fault?.params).toEqual({ pages: [1, 3] });
    expect(fault?.target).toEqual({
      role: 'no-node',
      touched: ["the monitor's page 1", "the monitor's page 3"],
    });
  });
});
