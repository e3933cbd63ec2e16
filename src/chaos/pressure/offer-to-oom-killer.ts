import { writeFile } from 'node:fs/promises';

/** Where memory runs out after all, it is this process that the kernel ends first, not a server. */
export async function offerToOomKiller(): Promise<void> {
  // Where there is no such file, there is no such killer.
  await writeFile('/proc/self/oom_score_adj', '1000').catch(() => {});
}
