import { describe, expect, it } from 'vitest';
import { summaryLines } from '../../src/reporters/terminal-summary.js';
import { createPaint } from '../../src/reporters/terminal-text.js';
import { sampleRun } from '../support/sample-run.js';

describe('the table of loads', () => {
  it('says whose lag it is: what a load receives by itself does not come to the monitor, be it acknowledged or not', () => {
    const { result } = sampleRun({ seconds: 5 });
    const lineOf = (schedule: object) => {
      const plan = { ...result.plan, loads: result.plan.loads.map((load) => ({ ...load, ...schedule })) };
      const lines = summaryLines({ ...result, plan }, '/run', createPaint(false));
      return lines.find((line) => line.startsWith('  firehose')) ?? '';
    };
    expect(lineOf({})).toContain('to the monitor');
    expect(lineOf({ schedule: { mode: 'follow' } })).toContain('to the receiver');
  });
});
