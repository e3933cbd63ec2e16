import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/contracts/run-result.js';
import { buildSummary } from '../../src/reporters/build-summary.js';
import { summaryLines } from '../../src/reporters/terminal-summary.js';
import { sampleRun } from '../support/sample-run.js';

const { result } = sampleRun({ seconds: 20, ordersPerSec: 100, firehosePerSec: 100 });
const withCrowd = (processes: number): RunResult => ({
  ...result,
  loads: result.loads.map((load, i) =>
    i === 0 ? { ...load, crowd: { agents: 100_000, sockets: 8, bytesPerAgent: 97, processes } } : load,
  ),
});
const linesOf = (run: RunResult): string => summaryLines(run, '/reports/x', (_, text) => text).join('\n');

describe('loads of many clients', () => {
  it('tell agents and sockets apart', () => {
    const { name } = result.loads[0]!;
    expect(linesOf(withCrowd(0))).toContain(`${name}: 100,000 agents over 8 sockets, 97 B an agent`);
    expect(linesOf(withCrowd(5))).toContain('97 B an agent, 5 generator processes');
    expect(buildSummary(withCrowd(5)).loads[0]?.crowd).toEqual({
      agents: 100_000,
      sockets: 8,
      bytesPerAgent: 97,
      processes: 5,
    });
  });

  it('are said nothing of where there are none', () => {
    expect(linesOf(result)).not.toContain('agents');
    expect(buildSummary(result).loads[0]).not.toHaveProperty('crowd');
  });
});
