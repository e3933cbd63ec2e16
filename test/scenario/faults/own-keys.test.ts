import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../../src/app/plugins.js';
import { entryShape, faultShape, mixShape, stepShape } from '../../../src/scenario/faults/fault-schema.js';

describe('the keys of a kind of fault', () => {
  const common = [entryShape, faultShape, mixShape, stepShape].flatMap((shape) => Object.keys(shape));

  it.each(FAULT_KINDS.map((kind) => [kind.kind, kind] as const))(
    'are none that all faults have: %s',
    (_, { schema }) => {
      expect(Object.keys(schema.shape).filter((key) => [...common, 'kind'].includes(key))).toEqual([]);
    },
  );
});
