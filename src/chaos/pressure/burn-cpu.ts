import { Worker } from 'node:worker_threads';
import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { GiveUp, Pressure } from './pressure-process.js';
import type { BurnCpuTask } from './pressure-task.js';

/** Of which a thread is busy for its share. */
const SLICE_MS = 50;

export interface BurnThreadTask {
  /** 0 to 1. */
  readonly load: number;
}

/** Threads that compute: this one stays free to hear that it is over. */
export function burnCpu({ threads, load }: BurnCpuTask, entry: URL, giveUp: GiveUp): Pressure {
  for (let thread = 0; thread < threads; thread++) {
    const worker = new Worker(entry, { workerData: { load } satisfies BurnThreadTask });
    worker.on('error', (error) => giveUp(`a thread cannot compute: ${messageOf(error)}`));
  }
  return { report: () => ({ threads, load }) };
}

/** What such a thread does until its process ends: busy for its share of each slice, asleep for the rest. */
export function burnThread({ load }: BurnThreadTask): never {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const restMs = SLICE_MS * (1 - load);
  for (;;) {
    const untilNs = nowNs() + SLICE_MS * load * NS.ms;
    let value = 1;
    while (nowNs() < untilNs) for (let i = 0; i < 20_000; i++) value = Math.imul(value, 0x9e3779b1) ^ i;
    bell[0] = value;
    if (restMs > 0) Atomics.wait(bell, 0, value, restMs);
  }
}
