import { afterEach, describe, expect, it, vi } from 'vitest';
import { nowNs, wallMs } from '../../src/base/clock.js';
import { LagExemplars } from '../../src/monitor/lag-exemplars.js';

const TRACE = Buffer.from('0af7651916cd43dd8448eb211c80319c');

afterEach(() => {
  vi.restoreAllMocks();
});

/** As when the clock of the machine is set. */
function moveClock(ms: number): void {
  const now = wallMs();
  vi.spyOn(Date, 'now').mockReturnValue(now + ms);
}

describe('the exemplar of a bucket', () => {
  it('has the same time on each page, though the clock was set: to Prometheus it would be another, or one out of order', () => {
    const exemplars = new LagExemplars(2, 3);
    exemplars.keep(1, 2, 250e6, nowNs(), TRACE, 0);
    const first = exemplars.of(1, 2);
    expect(first).toMatchObject({ traceId: TRACE.toString(), value: 0.25 });
    moveClock(-60_000);
    expect(exemplars.of(1, 2)).toEqual(first);
  });

  it('has the time of the next event once there is one', () => {
    const exemplars = new LagExemplars(1, 1);
    exemplars.keep(0, 0, 1e6, nowNs(), TRACE, 0);
    const first = exemplars.of(0, 0)?.timestampSeconds as number;
    moveClock(60_000);
    exemplars.keep(0, 0, 2e6, nowNs(), TRACE, 0);
    expect(exemplars.of(0, 0)?.timestampSeconds).toBeGreaterThan(first + 30);
  });
});
