import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { Backlog, type Outlet } from '../../src/generators/backlog.js';
import { createPacer } from '../../src/generators/pacer.js';

/** A door whose width the test sets; it writes down what came through it. */
class Door implements Outlet {
  width = Number.POSITIVE_INFINITY;
  /** Whether it is the system that keeps it narrow. */
  bySystem = true;
  sent = 0;
  blocked = 0;
  unsent = 0;
  dropped = 0;
  /** Every operation that left the backlog, in order. */
  readonly left: number[] = [];

  room = () => this.width;
  heldBySystem = () => this.bySystem;
  send(first: number, count: number, blocked: boolean): number {
    // Not more than a few at a time, as a block has an end.
    const taken = Math.min(count, 7);
    this.#leave(first, taken);
    this.width -= taken;
    this.sent += taken;
    if (blocked) this.blocked += taken;
    return taken;
  }
  giveUp(first: number, count: number): void {
    this.#leave(first, count);
    this.unsent += count;
  }
  drop(first: number, count: number): void {
    this.#leave(first, count);
    this.dropped += count;
  }
  #leave(first: number, count: number): void {
    for (let i = 0; i < count; i++) this.left.push(first + i);
  }
}

const START = 1_000_000 * NS.s;
const RATE = 1000;
let door: Door;
let backlog: Backlog;

beforeEach(() => {
  door = new Door();
  backlog = backlogOf(10);
});

function backlogOf(seconds: number): Backlog {
  const stages = [{ fromPerSec: RATE, toPerSec: RATE, durationNs: seconds * NS.s }];
  const pacer = createPacer(
    { mode: 'open', arrival: { kind: 'constant' }, unit: 'operations', stages },
    0,
    1,
  );
  return new Backlog({ pacer, startNs: START, backlogNs: 5 * NS.s, maxLatenessNs: NS.s }, door);
}

const at = (seconds: number) => START + seconds * NS.s;
/** Beats every millisecond, as the worker's loop does. */
function beatFrom(from: number, to: number): void {
  for (let ms = Math.round(from * 1000); ms <= to * 1000; ms++) backlog.pump(at(ms / 1000));
}

describe('the backlog', () => {
  it('sends what is due and nothing else', () => {
    backlog.pump(at(-1));
    expect(door.sent).toBe(0);
    beatFrom(0, 2);
    expect(door).toMatchObject({ sent: 2001, blocked: 0, unsent: 0, dropped: 0 });
    expect(backlog.waiting).toBe(0);
    expect(backlog.nextDueNs).toBe(at(2.001));
  });

  it('blames the system for what waits while it holds us up, until we have caught up entirely', () => {
    beatFrom(0, 1);
    door.width = 0;
    beatFrom(1.001, 2);
    expect(backlog).toMatchObject({ waiting: 1000, isDebt: true, isHungry: false });
    // A trickle: more is due than goes through, so all of it is still the system's debt.
    door.width = 500;
    beatFrom(2.001, 2.5);
    expect(door.blocked).toBe(500);
    door.width = Number.POSITIVE_INFINITY;
    beatFrom(2.501, 3);
    // 1000 of the stop, 500 that came due meanwhile, and the one that was due when the door opened.
    expect(door).toMatchObject({ sent: 3001, blocked: 1501, dropped: 0, unsent: 0 });
    expect(backlog.isDebt).toBe(false);
  });

  it('gives up what has waited longer than the backlog holds, oldest first', () => {
    beatFrom(0, 1);
    door.width = 0;
    beatFrom(1.001, 8);
    expect(door.unsent).toBe(2000);
    expect(backlog.waiting).toBe(5000);
    door.width = Number.POSITIVE_INFINITY;
    backlog.pump(at(8));
    expect(door).toMatchObject({ sent: 6001, unsent: 2000, blocked: 5000 });
    expect(door.left).toEqual(door.left.map((_, i) => i));
  });

  it('drops what only our own lateness kept beyond the bound, and blames nobody else', () => {
    beatFrom(0, 1);
    backlog.pump(at(4));
    expect(door).toMatchObject({ dropped: 2000, sent: 2001, blocked: 0, unsent: 0 });
  });

  it('takes a full ring of our own for our own lateness', () => {
    beatFrom(0, 1);
    door.width = 100;
    door.bySystem = false;
    backlog.pump(at(1.5));
    expect(backlog).toMatchObject({ isDebt: false, isHungry: true, waiting: 400 });
    door.width = Number.POSITIVE_INFINITY;
    backlog.pump(at(1.5));
    expect(door).toMatchObject({ blocked: 0, sent: 1501 });
  });

  it('does not blame itself for lateness while in the debt of the system', () => {
    beatFrom(0, 1);
    door.width = 0;
    backlog.pump(at(1.1));
    backlog.pump(at(4));
    door.width = Number.POSITIVE_INFINITY;
    backlog.pump(at(4));
    expect(door).toMatchObject({ dropped: 0, sent: 4001, blocked: 3000 });
  });

  it('knows how many more will be due soon', () => {
    beatFrom(0, 1);
    expect([0.9, 1, 1.2, 2.5].map((ms) => backlog.dueWithin(ms * NS.ms))).toEqual([0, 1, 1, 2]);
    backlog.stop(at(1.0005));
    expect(backlog.nextDueNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('is over when the schedule is, and everything has left', () => {
    backlog = backlogOf(1);
    beatFrom(0, 0.9);
    expect(backlog.isOver(at(0.9))).toBe(false);
    door.width = 0;
    beatFrom(0.901, 3);
    expect(backlog.isOver(at(3))).toBe(false);
    door.width = Number.POSITIVE_INFINITY;
    backlog.pump(at(3));
    expect(backlog.isOver(at(3))).toBe(true);
    expect(door.sent).toBe(1000);
    expect(backlog.nextDueNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('gives up, when stopped, what the system holds, and sends the rest', () => {
    beatFrom(0, 1);
    door.width = 10;
    backlog.stop(at(1.1));
    expect(door).toMatchObject({ sent: 1011, unsent: 90, dropped: 0 });
    expect(backlog.isOver(at(1.1))).toBe(true);
    backlog.pump(at(5));
    expect(door.left).toHaveLength(1101);
  });

  it('loses no operation and sends none twice, whatever happens', () => {
    const happening = fc.record({
      afterMs: fc.oneof(fc.nat(3), fc.nat(2500)),
      width: fc.oneof(fc.constant(0), fc.nat(300), fc.constant(Number.POSITIVE_INFINITY)),
      bySystem: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), fc.boolean(), (happenings, stop) => {
        door = new Door();
        backlog = backlogOf(10);
        let nowNs = START;
        for (const { afterMs, width, bySystem } of happenings) {
          nowNs += afterMs * NS.ms;
          Object.assign(door, { width, bySystem });
          backlog.pump(nowNs);
          expect(door.sent + door.unsent + door.dropped + backlog.waiting).toBe(backlog.due);
        }
        door.width = Number.POSITIVE_INFINITY;
        if (stop) {
          backlog.stop(nowNs);
        } else {
          nowNs += 11 * NS.s;
          backlog.pump(nowNs);
        }
        expect(backlog.isOver(nowNs)).toBe(true);
        expect(door.left).toEqual(door.left.map((_, i) => i));
        expect(door.left).toHaveLength(backlog.due);
        if (!stop) expect(backlog.due).toBe(10 * RATE);
      }),
      { seed: 31, numRuns: 150 },
    );
  });
});

describe('the backlog of rate: max', () => {
  it('is over with the last of a count, before its time', () => {
    const pacer = createPacer({ mode: 'max', durationNs: 600 * NS.s, count: 130 }, 0, 1);
    backlog = new Backlog({ pacer, startNs: START, backlogNs: NS.s, maxLatenessNs: NS.s }, door);
    door.width = 100;
    backlog.pump(at(0));
    expect(backlog.isOver(at(0))).toBe(false);
    door.width = 100;
    backlog.pump(at(0.1));
    expect(backlog.isOver(at(0.1))).toBe(true);
    expect(door.left).toHaveLength(130);
    expect(backlog.nextDueNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a worker whose share of a count is nothing is over when it begins', () => {
    const pacer = createPacer({ mode: 'max', durationNs: 600 * NS.s, count: 2 }, 2, 3);
    backlog = new Backlog({ pacer, startNs: START, backlogNs: NS.s, maxLatenessNs: NS.s }, door);
    expect(backlog.isOver(at(-1))).toBe(false);
    backlog.pump(at(0));
    expect(backlog.isOver(at(0))).toBe(true);
    expect(door.left).toEqual([]);
  });

  it('fills whatever room there is, and is nobody’s debt', () => {
    const pacer = createPacer({ mode: 'max', durationNs: NS.s }, 0, 1);
    backlog = new Backlog({ pacer, startNs: START, backlogNs: NS.s, maxLatenessNs: NS.s }, door);
    door.width = 100;
    backlog.pump(at(0));
    door.width = 50;
    backlog.pump(at(0.9));
    expect(door).toMatchObject({ sent: 150, blocked: 0, unsent: 0, dropped: 0 });
    expect(backlog.isOver(at(0.9))).toBe(false);
    door.width = 50;
    backlog.pump(at(1));
    expect(backlog.isOver(at(1))).toBe(true);
    expect(door.sent).toBe(150);
    expect(backlog.waiting).toBe(0);
  });
});
