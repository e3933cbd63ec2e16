import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/contracts/checker.js';
import type { RunResult } from '../../src/contracts/run-result.js';
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

describe('what it says of safety', () => {
  const { result } = sampleRun({ seconds: 5 });
  const linesOf = (told: Partial<RunResult>) =>
    summaryLines({ ...result, ...told }, '/run', createPaint(false)).map((line) => line.trim());

  it('says the sentence, then each check that did not pass, then the names of those that did', () => {
    const check = (name: string, verdict: CheckResult['verdict']): CheckResult => ({
      ...{ name, verdict, sentence: `${name} says so`, counts: {}, sets: [], examples: [] },
    });
    const checks = [check('a', 'pass'), check('b', 'unknown'), check('c', 'fail'), check('d', 'pass')];
    const lines = linesOf({ checks });
    const from = lines.findIndex((line) => line.startsWith('safety'));
    expect(lines.slice(from, from + 4)).toEqual([
      `safety      ${result.safety?.sentence}`,
      'checks      unknown  b: b says so',
      'fail  c: c says so',
      'pass  a, d',
    ]);
  });

  it('says what the checks could not read to its end, and why', () => {
    const [read] = result.reads;
    const reads = [read!, { ...read!, node: 'n3', complete: false, gaveUp: 'n3 did not answer' }];
    expect(linesOf({ reads })).toContain('not read to its end  ORDERS on n3: n3 did not answer');
    expect(linesOf({}).join()).not.toContain('not read');
  });

  it('says nothing where nothing was checked', () => {
    const { safety: _, ...unchecked } = result;
    const lines = summaryLines({ ...unchecked, checks: [] }, '/run', createPaint(false));
    expect(lines.join()).not.toMatch(/safety|checks/);
  });
});
