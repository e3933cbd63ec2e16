import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_PHASES, PhaseClock } from '../../src/metrics/phase-clock.js';

const steady = CLOCK_PHASES.indexOf('steady');
const faults = CLOCK_PHASES.indexOf('faults');

describe('PhaseClock', () => {
  it('starts steady, before any phase began', () => {
    const clock = PhaseClock.create();
    expect(clock.indexAt(0)).toBe(steady);
    clock.begin('faults', 100);
    expect([99, 100, 101].map((ns) => clock.indexAt(ns))).toEqual([steady, faults, faults]);
  });

  it('tells the phase of any time, as a list of all boundaries would', () => {
    const boundary = fc.record({ afterNs: fc.nat(50), phase: fc.constantFrom(...CLOCK_PHASES) });
    fc.assert(
      fc.property(fc.array(boundary, { maxLength: 40 }), fc.array(fc.nat(2000)), (boundaries, times) => {
        const clock = PhaseClock.create();
        const shared = new PhaseClock(clock.buffer);
        const list: { at: number; phase: number }[] = [];
        let at = 10;
        for (const { afterNs, phase } of boundaries) {
          at += afterNs;
          clock.begin(phase, at);
          list.push({ at, phase: CLOCK_PHASES.indexOf(phase) });
        }
        const phaseOf = (ns: number) => list.findLast((boundary) => boundary.at <= ns)?.phase ?? steady;
        for (const ns of times) expect(shared.indexAt(ns)).toBe(phaseOf(ns));

        const [from, to] = [5, 700];
        const durations: number[] = CLOCK_PHASES.map(() => 0);
        for (let ns = from; ns < to; ns++) durations[phaseOf(ns)]!++;
        expect(shared.durationsBetween(from, to)).toEqual(durations);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('goes on when more phases began than it remembers', () => {
    const clock = PhaseClock.create();
    for (let i = 0; i < 5000; i++) clock.begin(i % 2 ? 'faults' : 'steady', i * 10);
    expect(clock.indexAt(4999 * 10)).toBe(faults);
    expect(clock.indexAt(4999 * 10 - 1)).toBe(steady);
    expect(clock.indexAt(4500 * 10 + 5)).toBe(steady);
    expect(clock.durationsBetween(4990 * 10, 5000 * 10)).toEqual([50, 50]);
  });

  it('knows its start, in every thread and whatever came after it', () => {
    const clock = PhaseClock.create();
    const shared = new PhaseClock(clock.buffer);
    expect(shared.startNs).toBeUndefined();
    for (let i = 0; i < 5000; i++) clock.begin(i % 2 ? 'faults' : 'steady', 70 + i);
    expect([clock.startNs, shared.startNs]).toEqual([70, 70]);
  });

  it('refuses a phase that begins before the one before it, and a foreign buffer', () => {
    const clock = PhaseClock.create();
    clock.begin('faults', 100);
    expect(() => clock.begin('steady', 99)).toThrow(RangeError);
    expect(() => new PhaseClock(new SharedArrayBuffer(8))).toThrow(RangeError);
  });

  it('is seen by another thread as soon as it says so', async () => {
    const clock = PhaseClock.create();
    // Plain JavaScript over the shared memory: a worker thread has no loader for these sources here.
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       const written = new Int32Array(workerData.buffer, 0, 1);
       while (Atomics.load(written, 0) === 0);
       workerData.port.postMessage(new Float64Array(workerData.buffer, 8, 1)[0]);`,
      { eval: true, workerData: { buffer: clock.buffer, port: port2 }, transferList: [port2] },
    );
    await once(worker, 'online');
    clock.begin('faults', 1234);
    const [seen] = await once(port1, 'message');
    expect(seen).toBe(1234);
    await worker.terminate();
  });
});
