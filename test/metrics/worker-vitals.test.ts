import { afterEach, describe, expect, it } from 'vitest';
import { NS, nowNs, sleep } from '../../src/base/clock.js';
import { readThreadCpu } from '../../src/base/thread-cpu.js';
import { WorkerVitals } from '../../src/metrics/worker-vitals.js';

const started: WorkerVitals[] = [];
afterEach(() => {
  for (const vitals of started.splice(0)) vitals.stop();
});

function vitalsOf(sockets?: () => { heldNs: number }[]): WorkerVitals {
  const vitals = new WorkerVitals({
    role: 'generator',
    load: 'orders',
    worker: 3,
    ...(sockets && { sockets }),
  });
  started.push(vitals);
  vitals.start();
  return vitals;
}

/** Keeps the thread on a core, and out of its event loop. */
function spin(ms: number): void {
  const untilNs = nowNs() + ms * NS.ms;
  while (nowNs() < untilNs);
}

/** As `spin`, until the thread has had so much of a core, however long others keep it away from there. */
function compute(ms: number): void {
  const usedNs = () => readThreadCpu().cpuNs ?? nowNs();
  const untilNs = usedNs() + ms * NS.ms;
  while (usedNs() < untilNs);
}

describe('WorkerVitals', () => {
  it('says whose it is and of which time, each sample from where the last one ended', async () => {
    const vitals = vitalsOf();
    await sleep(5);
    const first = vitals.sample();
    await sleep(5);
    const second = vitals.sample();
    expect(first).toMatchObject({
      of: 'worker',
      role: 'generator',
      load: 'orders',
      worker: 3,
      connections: 0,
    });
    expect(second?.startNs).toBe(first?.endNs);
  });

  it('has nothing to say before its start', () => {
    expect(new WorkerVitals({ role: 'monitor' }).sample()).toBeUndefined();
  });

  it('tells a thread that computes from one that waits, by its event loop and by its CPU', async () => {
    const vitals = vitalsOf();
    // A turn of the loop, so that the instruments have seen it run.
    await sleep(30);
    vitals.sample();
    compute(150);
    await sleep(1);
    const computed = vitals.sample();
    const waitsFromNs = nowNs();
    await sleep(500);
    const waited = vitals.sample();
    const waitedNs = nowNs() - waitsFromNs;
    expect(computed?.activeNs).toBeGreaterThan(140 * NS.ms);
    // What little it does takes its time where others want the cores: most of the time it does nothing.
    expect(waited?.activeNs).toBeLessThan(waitedNs / 2);
    if (process.platform === 'linux') {
      expect(computed?.cpuNs).toBeGreaterThan(130 * NS.ms);
      expect(waited?.cpuNs).toBeLessThan(computed?.cpuNs ?? 0);
    }
  });

  it('tells how long the event loop was held up', async () => {
    const vitals = vitalsOf();
    await sleep(60);
    vitals.sample();
    spin(200);
    await sleep(30);
    const held = vitals.sample();
    expect(held?.loopDelayMaxNs).toBeGreaterThan(150 * NS.ms);
    expect(held?.loopDelayP99Ns).toBeLessThanOrEqual(held?.loopDelayMaxNs ?? 0);
  });

  it('counts the pauses of the garbage collector', async () => {
    const vitals = vitalsOf();
    let kept: object[] = [];
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i });
      if (kept.length === 100_000) kept = [];
    }
    await sleep(20);
    const sample = vitals.sample();
    expect(sample?.gcPauses).toBeGreaterThan(0);
    expect(sample?.gcNs).toBeGreaterThanOrEqual(sample?.gcMaxNs ?? 0);
    expect(sample?.gcMaxNs).toBeGreaterThan(0);
    expect(sample?.heapBytes).toBeLessThan(sample?.heapLimitBytes ?? 0);
  });

  it('tells how long its sockets held bytes back, on average', async () => {
    const sockets = [{ heldNs: 5 }, { heldNs: 100 }];
    const vitals = vitalsOf(() => sockets);
    sockets[0]!.heldNs += 30;
    sockets[1]!.heldNs += 10;
    expect(vitals.sample()).toMatchObject({ connections: 2, socketHeldNs: 20 });
    expect(vitals.sample()).toMatchObject({ connections: 2, socketHeldNs: 0 });
    sockets.shift();
    expect(vitals.sample()).toMatchObject({ connections: 1, socketHeldNs: 0 });
  });
});
