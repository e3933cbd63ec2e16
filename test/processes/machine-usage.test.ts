import { cpus, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { readMachineUsage } from '../../src/processes/machine-usage.js';

describe('readMachineUsage', () => {
  it('tells how many cores there are, how long they were busy, and what memory is left', async () => {
    const before = readMachineUsage();
    expect(before.cores).toBeGreaterThan(0);
    expect(before.cores).toBeLessThanOrEqual(cpus().length);
    expect(before.availableBytes).toBeGreaterThan(0);
    expect(before.availableBytes).toBeLessThan(totalmem());
    // Looking is work.
    const grown = await waitFor(
      () => {
        for (let i = 0; i < 5e6; i++);
        return readMachineUsage().busyNs > before.busyNs;
      },
      { timeoutMs: 30_000, everyMs: 1 },
    );
    expect(grown).toBe(true);
  });
});
