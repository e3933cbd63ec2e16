/** Files that a process has open beside the sockets of many: those of every load, of the servers it started, of its own. */
export const OTHER_FILES = 200;
/** A worker with fewer sockets stays where it is. */
const FEW = 50;

/**
 * Which workers need a process of their own, so that the open files of ours suffice: the threads of a process share its
 * limit. Those of few sockets stay threads, and of the others as many as there is room for.
 *
 * @param sockets how many each worker opens
 * @param limit how many files a process may have open; `null` for no limit
 */
export function placeWorkers(sockets: readonly number[], limit: number | null): readonly boolean[] {
  let room = limit === null ? Number.POSITIVE_INFINITY : limit - OTHER_FILES;
  for (const count of sockets) if (count < FEW) room -= count;
  return sockets.map((count) => {
    if (count < FEW) return false;
    if (count > room) return true;
    room -= count;
    return false;
  });
}
