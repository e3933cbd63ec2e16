import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keepalive } from '../../src/wire/keepalive.js';

// Only the timer is ours: its clock is the machine's.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function keepalive(isTaking = () => false) {
  const events: string[] = [];
  const made = new Keepalive({
    everyMs: 1_000_000,
    unanswered: 2,
    ping: () => events.push('ping'),
    isTaking,
    onSilent: () => events.push('silent'),
  });
  return { made, events, beat: () => vi.advanceTimersByTime(1_000_000) };
}

describe('Keepalive', () => {
  it('gives a peer up after two PINGs without a word', () => {
    const { events, beat } = keepalive();
    for (let i = 0; i < 3; i++) beat();
    expect(events).toEqual(['ping', 'ping', 'silent']);
  });

  it('takes any word for an answer', () => {
    const { made, events, beat } = keepalive();
    for (let i = 0; i < 5; i++) {
      beat();
      beat();
      made.heard();
    }
    expect(events).toEqual(Array(10).fill('ping'));
  });

  it('waits for one that takes what was written before the PING, and no longer', () => {
    let left = 4;
    const { events, beat } = keepalive(() => left-- > 0);
    for (let i = 0; i < 6; i++) beat();
    expect(events).toEqual(['ping', 'ping', 'ping', 'ping', 'ping', 'silent']);
  });

  it('stops', () => {
    const { made, events, beat } = keepalive();
    made.stop();
    beat();
    expect(events).toEqual([]);
  });
});
