import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from '../../src/base/wait.js';

/** Stops a process and waits until it stands still: its threads run on for a moment after the signal. */
export async function pauseProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await standsStill(pid);
}

/** Waits until every thread of a process has stopped. Linux only; elsewhere it does not wait. */
export async function standsStill(pid: number): Promise<void> {
  if (process.platform !== 'linux') return;
  const stopped = await waitFor(
    () =>
      readdirSync(`/proc/${pid}/task`).every((thread) => {
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
        return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
      }),
    { timeoutMs: 30_000, everyMs: 5 },
  );
  if (!stopped) throw new Error(`process ${pid} does not stand still`);
}

/** Does something while a process stands still, and lets it go on, whatever comes of it. */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  await pauseProcess(pid);
  try {
    return await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
