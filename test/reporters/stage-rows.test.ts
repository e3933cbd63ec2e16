import { describe, expect, it } from 'vitest';
import type { StageResult } from '../../src/contracts/run-result.js';
import type { LoadSummary } from '../../src/contracts/summary.js';
import { stageRows } from '../../src/reporters/stage-rows.js';

const stage = (perSec: number, isKept: boolean, more: Partial<StageResult> = {}): StageResult => ({
  fromNs: 0,
  durationNs: 1,
  fromPerSec: perSec,
  toPerSec: perSec,
  unit: 'operations',
  duePerSec: perSec,
  okPerSec: perSec,
  okBytesPerSec: 0,
  isKept,
  ...more,
});
const told = (...loads: readonly (readonly StageResult[] | undefined)[]) =>
  stageRows({
    loads: loads.map((stages, i) => ({ name: `l${i}`, ...(stages && { stages }) })) as LoadSummary[],
  });

describe('the stages of a load, in a line', () => {
  it('were kept, or up to where, and what got through beyond', () => {
    const waves = [stage(1000, true), stage(60_000, true, { fromPerSec: 0 }), stage(5, true)];
    const stairs = [50, 100, 200, 400].map((mib, i) =>
      stage(mib * 2 ** 20, i < 2, { unit: 'bytes', okBytesPerSec: (i < 2 ? mib : 150 + i) * 2 ** 20 }),
    );
    expect(told(waves, undefined, stairs, [stage(10, false, { okPerSec: 7 })])).toEqual([
      ['stages', 'l0 kept every stage, up to 60k/s'],
      ['', 'l2 kept 100 MiB/s; from 200 MiB/s on 153 MiB/s at most got through'],
      ['', 'l3 kept no stage; from 10/s on 7/s at most got through'],
    ]);
  });
});
