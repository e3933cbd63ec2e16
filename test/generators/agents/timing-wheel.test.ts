import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { MAX_TIMERS, TICK_NS, TimingWheel } from '../../../src/generators/agents/timing-wheel.js';

/** What is due by then, in order; the reference that the wheel is held against. */
class SortedTimers {
  readonly #due = new Map<number, number>();

  set(timer: number, dueNs: number): void {
    this.#due.set(timer, dueNs);
  }

  clear(timer: number): void {
    this.#due.delete(timer);
  }

  takeDue(nowNs: number): number[] {
    const due = [...this.#due].filter(([, dueNs]) => dueNs <= nowNs);
    for (const [timer] of due) this.#due.delete(timer);
    return due.sort(([a, aDue], [b, bDue]) => aDue - bDue || a - b).map(([timer]) => timer);
  }

  get firstDueNs(): number {
    return Math.min(...this.#due.values());
  }

  get size(): number {
    return this.#due.size;
  }
}

const takeDue = (wheel: TimingWheel, nowNs: number): number[] => {
  const due: number[] = [];
  for (let timer = wheel.next(nowNs); timer >= 0; timer = wheel.next(nowNs)) due.push(timer);
  return due;
};

const TIMERS = 64;
const delay = fc.oneof(
  fc.nat({ max: 3 * TICK_NS }),
  fc.nat({ max: 600 * NS.ms }),
  fc.integer({ min: 0, max: 200 * NS.s }),
  fc.integer({ min: 0, max: 12 * NS.h }),
);
const step = fc.oneof(
  fc.record({ what: fc.constant('set' as const), timer: fc.nat({ max: TIMERS - 1 }), delay }),
  fc.record({ what: fc.constant('clear' as const), timer: fc.nat({ max: TIMERS - 1 }) }),
  fc.record({ what: fc.constant('wait' as const), delay }),
);

describe('the timing wheel', () => {
  it('hands out what is due and nothing else, in order, as a sorted list would', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), fc.array(step, { maxLength: 120 }), (startNs, steps) => {
        const wheel = new TimingWheel(TIMERS, startNs);
        const reference = new SortedTimers();
        let nowNs = startNs;
        for (const each of steps) {
          if (each.what === 'set') {
            wheel.set(each.timer, nowNs + each.delay);
            reference.set(each.timer, nowNs + each.delay);
          } else if (each.what === 'clear') {
            wheel.clear(each.timer);
            reference.clear(each.timer);
          } else {
            nowNs += each.delay;
            expect(takeDue(wheel, nowNs)).toEqual(reference.takeDue(nowNs));
          }
          expect(wheel.size).toBe(reference.size);
          expect(wheel.wakeNs).toBeLessThanOrEqual(reference.firstDueNs);
        }
        nowNs += 24 * NS.h;
        expect(takeDue(wheel, nowNs)).toEqual(reference.takeDue(nowNs));
        expect(wheel.size).toBe(0);
        expect(wheel.wakeNs).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('lets nobody wait for more than a round of the lowest wheel without need', () => {
    const wheel = new TimingWheel(1, 0);
    wheel.set(0, NS.h);
    let wakes = 0;
    for (let nowNs = 0; wheel.next(nowNs) < 0; nowNs = wheel.wakeNs) wakes++;
    expect(wakes).toBeLessThan(NS.h / (256 * TICK_NS) + 10);
  });

  it('does not hand out what is cleared, or set for later, while its tick is handed out', () => {
    const wheel = new TimingWheel(4, 0);
    for (let timer = 0; timer < 4; timer++) wheel.set(timer, 100 + timer);
    expect(wheel.next(1000)).toBe(0);
    wheel.clear(1);
    wheel.set(2, 5 * NS.s);
    expect(takeDue(wheel, 1000)).toEqual([3]);
    expect(takeDue(wheel, 5 * NS.s)).toEqual([2]);
  });

  it('hands out at once what is set for a time that is over', () => {
    const wheel = new TimingWheel(3, 0);
    wheel.set(0, 2 * NS.s);
    expect(wheel.next(2 * NS.s)).toBe(0);
    wheel.set(1, NS.s);
    wheel.set(2, 0);
    expect(takeDue(wheel, 2 * NS.s)).toEqual([2, 1]);
  });

  it('keeps the order of a crowd that is due within one tick', () => {
    const wheel = new TimingWheel(10_000, 0);
    for (let timer = 0; timer < 10_000; timer++) wheel.set(timer, 7 * TICK_NS + ((timer * 7919) % TICK_NS));
    const due = takeDue(wheel, NS.s);
    expect(due).toHaveLength(10_000);
    for (let i = 1; i < due.length; i++) {
      expect(wheel.dueNs(due[i]!)).toBeGreaterThanOrEqual(wheel.dueNs(due[i - 1]!));
    }
  });

  it('refuses more timers than it can tell apart', () => {
    expect(() => new TimingWheel(MAX_TIMERS + 1, 0)).toThrow(/at most 4194304 timers/);
  });
});
