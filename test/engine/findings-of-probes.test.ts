import { expect, it } from 'vitest';
import type { ProbeResult } from '../../src/contracts/run-result.js';
import { probeFindings } from '../../src/engine/findings.js';

const NEVER: ProbeResult = {
  name: 'open',
  kind: 'http',
  throughout: true,
  steady: { looks: 0, held: 0 },
  faults: { looks: 0, held: 0 },
  longestAwayNs: 0,
};

it('a probe that was to hold throughout and was never looked at proves nothing', () => {
  expect(probeFindings([NEVER])).toMatchObject([
    { exit: 'inconclusive', text: expect.stringContaining('never looked at') },
  ]);
});

it('a probe that was looked at and held, or that is for before and after the load only, is no matter', () => {
  expect(probeFindings([{ ...NEVER, faults: { looks: 1, held: 1 } }])).toEqual([]);
  expect(probeFindings([{ ...NEVER, throughout: false }])).toEqual([]);
});
