import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckWindow } from '../../src/generators/ack-window.js';

describe('the window of outstanding acknowledgements', () => {
  it('keeps what is in flight in the order in which it was sent, whatever order it ends in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.nat(), { maxLength: 200 }), (size, draws) => {
        const window = new AckWindow(size);
        // The obvious one: a list.
        const inFlight: { slot: number; generation: number }[] = [];
        for (const draw of draws) {
          if (draw % 2 === 0 && inFlight.length < size) {
            const slot = window.take();
            expect(inFlight.some((other) => other.slot === slot)).toBe(false);
            inFlight.push({ slot, generation: window.generation[slot]! });
          } else if (inFlight.length > 0) {
            const [ended] = inFlight.splice(draw % inFlight.length, 1);
            window.release(ended!.slot);
            expect(window.holds(ended!.slot, ended!.generation)).toBe(false);
          }
          expect(window.inFlight).toBe(inFlight.length);
          expect(window.room).toBe(size - inFlight.length);
          expect(window.oldest).toBe(inFlight[0]?.slot ?? -1);
          for (const { slot, generation } of inFlight) expect(window.holds(slot, generation)).toBe(true);
        }
        // Walked from the oldest, it gives everything back in that order.
        for (const { slot } of inFlight) {
          expect(window.oldest).toBe(slot);
          window.release(slot);
        }
        expect(window).toMatchObject({ oldest: -1, inFlight: 0, room: size });
      }),
      { seed: 41, numRuns: 200 },
    );
  });

  it('does not take an answer to an earlier use of a slot for one to this', () => {
    const window = new AckWindow(1);
    const slot = window.take();
    const first = window.generation[slot]!;
    window.release(slot);
    expect(window.take()).toBe(slot);
    expect(window.holds(slot, first)).toBe(false);
    expect(window.holds(slot, window.generation[slot]!)).toBe(true);
    expect(window.holds(-1, 0)).toBe(false);
    expect(window.holds(99, 1)).toBe(false);
  });
});
