import { readFileSync } from 'node:fs';
import { defineFault, type OwnTarget } from 'stormglass';

/** The cores that a process may run on, as the kernel tells: `0-1`. */
function coresOf({ pid }: OwnTarget): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? 'unknown';
}

/** Squeezes the servers that it hits onto one core of the machine. */
export default defineFault({
  // On the disk before anything is done: whoever finds it can undo it.
  undo: ({ targets }) =>
    targets.map((target) => ({
      what: `let ${target.name} run on cores ${coresOf(target)} again`,
      command: ['taskset', '-acp', coresOf(target), String(target.pid)],
      goesWithCluster: true,
    })),

  async inject({ targets, params, run }) {
    for (const { pid } of targets) await run('taskset', '-acp', String(params.core ?? 0), String(pid));
  },

  // From outside: what the kernel says, not what was meant to be done.
  look: ({ targets, params }, stage) =>
    targets.map((target) => {
      const cores = coresOf(target);
      const isSqueezed = cores === String(params.core ?? 0);
      return { at: `cores of ${target.name}`, saw: cores, holds: isSqueezed === (stage === 'during') };
    }),
});
