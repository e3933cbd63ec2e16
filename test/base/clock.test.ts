import { afterEach, describe, expect, it, vi } from 'vitest';
import { NS, nowNs, sleep } from '../../src/base/clock.js';

const DAY_MS = 24 * 3600 * 1000;

describe('sleep', () => {
  afterEach(() => vi.useRealTimers());

  it('waits longer than a timer can: a load may last for months', async () => {
    vi.useFakeTimers();
    let isOver = false;
    void sleep(60 * DAY_MS).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });

  it('never ends early: what was planned until then has happened', async () => {
    for (let i = 0; i < 50; i++) {
      const endNs = nowNs() + (1 + i / 17) * NS.ms;
      await sleep((endNs - nowNs()) / NS.ms);
      expect(nowNs()).toBeGreaterThanOrEqual(endNs - 1);
    }
  });

  it('ends early with the reason of its signal, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const stopped = new AbortController();
    const slept = sleep(60 * DAY_MS, stopped.signal);
    await vi.advanceTimersByTimeAsync(30 * DAY_MS);
    stopped.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });
});
