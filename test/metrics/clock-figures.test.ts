import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { measureClock } from '../../src/metrics/clock-figures.js';

describe('measureClock', () => {
  it('states an error that covers two readings, two steps and the microsecond of a stamp', async () => {
    const clock = await measureClock();
    expect(clock.granularityNs).toBeGreaterThan(0);
    expect(clock.readNs).toBeGreaterThan(0);
    expect(clock.errorNs).toBe(2 * clock.granularityNs + 2 * clock.readNs + NS.us);
    // Nobody would trust a clock that steps by milliseconds, and this one does not.
    expect(clock.errorNs).toBeLessThan(NS.ms);
    expect(clock.timerLateP99Ns).toBeGreaterThanOrEqual(clock.timerLateP50Ns);
  });
});
