/**
 * The furthest of some levels, each of which asks for less than the one before it, at which it still fails; -1 for none.
 * The last is tried first, because often little is needed; then the bound is searched by halves. The level after the one
 * that is found was tried and does not fail, whether or not those further on do.
 */
export async function furthestLevel<T>(
  levels: readonly T[],
  fails: (level: T) => Promise<boolean>,
): Promise<number> {
  let known = -1;
  let bound = levels.length;
  for (let at = levels.length - 1; bound - known > 1; at = Math.floor((known + bound) / 2)) {
    if (await fails(levels[at] as T)) known = at;
    else bound = at;
  }
  return known;
}

/** A half of it, a quarter, and so on, down to the least that makes sense. */
export function halvings(value: number, least: number): readonly number[] {
  const levels: number[] = [];
  for (let half = value / 2; half >= least; half /= 2) levels.push(half);
  return levels;
}
