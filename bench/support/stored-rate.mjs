import { setTimeout as sleep } from 'node:timers/promises';

/** Messages a second that a stream took for so long, after a warm-up from its first message on. */
export async function storedRate(system, { warmUpMs, seconds }) {
  while ((await system.stored()) === 0) await sleep(5);
  await sleep(warmUpMs);
  const [before, from] = [await system.stored(), performance.now()];
  await sleep(seconds * 1000);
  const [after, to] = [await system.stored(), performance.now()];
  return ((after - before) / (to - from)) * 1000;
}
