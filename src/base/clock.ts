/**
 * The two clocks of stormglass. Everything that is measured uses the monotonic one, which all threads and all
 * processes of a machine share; wall-clock time is only for people.
 */

import { NS } from './nanoseconds.js';

export { NS };

/**
 * Monotonic time in nanoseconds, as a double: exact to the nanosecond for the first 104 days after boot, to 2 ns
 * for the next 104. Shared by all threads and processes of this machine (CLOCK_MONOTONIC).
 */
export function nowNs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e9 + nanoseconds;
}

/** Wall-clock time, for names and for people. */
export function wallNow(): Date {
  return new Date();
}

/** Unix time, to the millisecond; where a Date is not worth its making. */
export function wallMs(): number {
  return Date.now();
}

/** A monotonic time as wall-clock time, by the offset between the two clocks right now. */
export function wallTimeOf(monotonicNs: number): Date {
  return new Date(Date.now() + (monotonicNs - nowNs()) / 1e6);
}

/** A timer that is set for longer comes at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits, however long, and rejects with the signal's reason as soon as that aborts. Never ends early: a timer of Node's
 * drops what is less than a millisecond and counts from when its loop last looked at the time.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const endNs = nowNs() + ms * NS.ms;
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const wait = (leftMs: number) => {
      timer = setTimeout(look, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
    };
    const look = () => {
      const leftMs = (endNs - nowNs()) / NS.ms;
      if (leftMs > 0) return wait(leftMs);
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    wait(ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
